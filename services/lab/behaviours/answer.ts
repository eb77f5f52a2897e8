// What a behaviour is: a pure function from a request to the bytes of an answer.
import type { LabService } from '../host.ts';

export interface LabRequest {
  readonly method: string;
  readonly path: string;
  readonly userAgent: string;
  /** True when the client asked for the connection to end, or speaks HTTP/1.0. */
  readonly lastOne: boolean;
}

/** What a behaviour may know besides the request. */
export interface Moment {
  readonly service: LabService;
  readonly now: Date;
  /** When the server started, for answers that speak of it. */
  readonly startedAt: Date;
  /** A fresh version 4 UUID per call. */
  readonly uuid: () => string;
}

export interface Answer {
  /** Head and body; latin1 code units are bytes. */
  readonly bytes: string;
  /** True when the server ends the connection after it. */
  readonly close: boolean;
}

export type Behaviour = (request: LabRequest, moment: Moment) => Answer;

export type Header = readonly [name: string, value: string];
