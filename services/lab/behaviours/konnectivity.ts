// The konnectivity server's agent port: gRPC, so an HTTP/1.1 request gets HTTP/2's SETTINGS and the end.
import type { Behaviour } from './answer.ts';

/** RFC 9113 6.5: length 6, type 4, stream 0; MAX_FRAME_SIZE (5) = 16384. */
const SETTINGS = '\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00\x40\x00';

export const konnectivity: Behaviour = () => ({ bytes: SETTINGS, close: true });
