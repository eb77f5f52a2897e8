// The XML that nmap made and masscan imitates: a run with one element per host, read host by host.
import { KubecensusError } from '../../platform/errors.ts';
import type { RunNote } from '../feed.ts';
import { readXml } from './xml.ts';

export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Text directly inside, without that of children. */
  readonly text: string;
}

export interface ScannedHost {
  readonly type: 'host';
  readonly host: XmlElement;
  /** Of the whole run. */
  readonly run: ReadonlyMap<string, string>;
  readonly at: string;
}

/** Elements of one host: 65,535 ports with a service and some scripts each. */
const HOST_ELEMENTS = 2_000_000;

/** Elements by their names, from an element downwards. */
export function childrenOf(element: XmlElement, ...path: readonly string[]): readonly XmlElement[] {
  return path.reduce<readonly XmlElement[]>(
    (found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)),
    [element],
  );
}

interface Open {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/**
 * The hosts of a run in order, and a note when the run's end is missing (the scanner was stopped, or the file was cut).
 * Throws KC_FEED_NOT_DATA when the root is not that of the named scanner.
 */
export async function* readScan(
  input: AsyncIterable<Uint8Array>,
  scanner: 'nmap' | 'masscan',
): AsyncGenerator<ScannedHost | RunNote> {
  let run: ReadonlyMap<string, string> | null = null;
  let ended = false;
  let hosts = 0;
  let elements = 0;
  const stack: Open[] = [];
  for await (const events of readXml(input)) {
    for (const event of events) {
      if (event.type === 'text') {
        const open = stack.at(-1);
        if (open !== undefined && open.text.length < 1024 * 1024) open.text += event.text;
      } else if (event.type === 'open') {
        if (run === null) {
          if (event.name !== 'nmaprun' || event.attributes.get('scanner') !== scanner)
            throw new KubecensusError('KC_FEED_NOT_DATA', `The XML file is no result of ${scanner}.`);
          run = event.attributes;
        } else if (stack.length > 0 || event.name === 'host') {
          stack.push({ name: event.name, attributes: event.attributes, children: [], text: '' });
          if (++elements > HOST_ELEMENTS)
            throw new KubecensusError(
              'KC_FEED_NOT_DATA',
              'One host of the XML file has more elements than a host can have.',
            );
        }
      } else if (stack.length > 0) {
        const closed = stack.pop() as Open;
        const parent = stack.at(-1);
        if (parent !== undefined) parent.children.push(closed);
        else {
          hosts++;
          elements = 0;
          yield { type: 'host', host: closed, run: run as ReadonlyMap<string, string>, at: `host ${hosts}` };
        }
      } else if (event.name === 'nmaprun') ended = true;
    }
  }
  if (!ended) yield { type: 'note', partial: 'cut_short' };
}
