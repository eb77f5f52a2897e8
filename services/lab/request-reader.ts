// Cuts the bytes of a connection into HTTP/1.x requests. Bodies are not read: nobody who surveys sends one.
import type { LabRequest } from './behaviours/answer.ts';

/** More than any probe sends; a longer head ends the connection. */
const HEAD_BYTES = 16_384;

/** Feeds on chunks; `next()` gives a whole request, null while one is incomplete, 'bad' when these bytes are no request. */
export interface RequestReader {
  push(chunk: Buffer): void;
  next(): LabRequest | null | 'bad';
}

export function requestReader(): RequestReader {
  let text = '';
  return {
    push: (chunk) => {
      text += chunk.toString('latin1');
    },
    next: () => {
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return text.length > HEAD_BYTES ? 'bad' : null;
      const head = text.slice(0, end);
      text = text.slice(end + 4);
      return parseHead(head);
    },
  };
}

function parseHead(head: string): LabRequest | 'bad' {
  const [requestLine = '', ...headers] = head.split('\r\n');
  const match = /^([A-Z]+) (\S+) HTTP\/1\.([01])$/.exec(requestLine);
  if (match === null) return 'bad';
  const [, method = 'GET', path = '/', minor] = match;
  const header = (name: string) =>
    headers
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim() ?? '';
  const connection = header('connection').toLowerCase();
  return {
    method,
    path,
    userAgent: header('user-agent'),
    lastOne: connection === 'close' || (minor === '0' && connection !== 'keep-alive'),
  };
}
