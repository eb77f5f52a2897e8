// Adverse servers that finish the handshake and then misbehave in HTTP. Every case runs over TLS and over plain TCP.
import assert from 'node:assert/strict';
import type net from 'node:net';
import { deflateRawSync, gzipSync } from 'node:zlib';
import type { ProbeResult } from '../../../services/probes/probe.ts';
import type { AdverseCase } from '../adverse-case.ts';
import { flood, whileOpen } from './listener.ts';

/** What the server does with the first request; the transport is chosen by the caller. */
export interface HttpCase extends Pick<AdverseCase, 'id' | 'what' | 'outcome' | 'check'> {
  readonly answer: (socket: net.Socket) => void;
}

const says =
  (bytes: Buffer | string) =>
  (socket: net.Socket): void =>
    void socket.write(bytes);
const saysAndEnds =
  (bytes: Buffer | string) =>
  (socket: net.Socket): void =>
    void socket.end(bytes);
const sayThenFlood =
  (head: string, chunk: Buffer | string) =>
  (socket: net.Socket): void => {
    socket.write(head);
    flood(socket, chunk);
  };

/** One byte of `bytes` every 10 ms, then over and over the last one. */
const drips =
  (head: string, bytes: string) =>
  (socket: net.Socket): void => {
    socket.write(head);
    let sent = 0;
    whileOpen(socket, 10, () => socket.write(bytes.charAt(Math.min(sent++, bytes.length - 1))));
  };

const OK_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
const whole = (body: Buffer | string, fields = ''): Buffer =>
  Buffer.concat([
    Buffer.from(`${OK_HEAD}${fields}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`),
    Buffer.from(body),
  ]);

/** The first answer as text. */
function first(result: ProbeResult): string {
  const request = result.evidence.requests?.[0];
  return request !== undefined && 'response' in request ? request.response : '';
}
const bodyKept =
  (body: string) =>
  (result: ProbeResult): void =>
    assert.equal(first(result).slice(first(result).indexOf('\r\n\r\n') + 4), body);
const endIs =
  (end: string) =>
  ({ evidence }: ProbeResult): void => {
    const request = evidence.requests?.[0];
    assert.equal(request !== undefined && 'end' in request ? request.end : undefined, end);
  };

/** A55: answers that are no HTTP/1.x message, each for one reason. */
const MALFORMED: Readonly<Record<string, string>> = {
  'negative Content-Length': `${OK_HEAD}Content-Length: -1\r\n\r\n`,
  'Content-Length with sign': `${OK_HEAD}Content-Length: +2\r\n\r\nok`,
  'Content-Length that is no number': `${OK_HEAD}Content-Length: 0x10\r\n\r\n`,
  'Content-Length of 40 digits': `${OK_HEAD}Content-Length: ${'9'.repeat(40)}\r\n\r\n`,
  'two Content-Lengths': `${OK_HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok`,
  'Content-Length list': `${OK_HEAD}Content-Length: 2, 3\r\n\r\nok`,
  'Content-Length and Transfer-Encoding': `${OK_HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
  'Transfer-Encoding not chunked': `${OK_HEAD}Transfer-Encoding: gzip\r\n\r\nxx`,
  'Transfer-Encoding twice': `${OK_HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'chunked in HTTP/1.0': 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'chunk size overflow': `${OK_HEAD}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n`,
  'chunk size that is no number': `${OK_HEAD}Transfer-Encoding: chunked\r\n\r\n-2\r\nok\r\n`,
  'chunk without its end': `${OK_HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\nok!!0\r\n\r\n`,
  'chunk ended by LF alone': `${OK_HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\nok!\n0\r\n\r\n`,
  'chunk extension flood': `${OK_HEAD}Transfer-Encoding: chunked\r\n\r\n2;${'a=b;'.repeat(1000)}`,
  'NUL in a field': `${OK_HEAD}Server: a\0b\r\n\r\n`,
  'escape in a field': `${OK_HEAD}Server: \x1b[31m\r\n\r\n`,
  'bare LF': 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
  'bare LF between fields': `${OK_HEAD}A: bc\nContent-Length: 2\r\n\r\nok`,
  'bare CR': `${OK_HEAD}A: b\rC: d\r\n\r\n`,
  'folded field': `${OK_HEAD}A: b\r\n c\r\n\r\n`,
  'space before the colon': `${OK_HEAD}A : b\r\n\r\n`,
  'field without a name': `${OK_HEAD}: b\r\n\r\n`,
  'field without a colon': `${OK_HEAD}abc\r\n\r\n`,
  'status 1000': 'HTTP/1.1 1000 Far\r\n\r\n',
  'status 42': 'HTTP/1.1 42 Short\r\n\r\n',
  'status 099': 'HTTP/1.1 099 Low\r\n\r\n',
  'HTTP/3.0': 'HTTP/3.0 200 OK\r\n\r\n',
  'HTTP/1.2': 'HTTP/1.2 200 OK\r\n\r\n',
  'HTTP/0.9': '<html>hello</html>',
  'HTTP/2 preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'leading line': '\r\nHTTP/1.1 200 OK\r\n\r\n',
  'broken trailer': `${OK_HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\nbad trailer\r\n\r\n`,
};

/** A58 to A60: whole answers whose bodies are nothing that Kubernetes says; the probe keeps them, the verdict judges them. */
const BODIES: Readonly<Record<string, string>> = {
  'A58 HTML': '<!doctype html><title>Login</title>',
  'A58 empty': '',
  'A58 null': 'null',
  'A58 array': '[]',
  'A58 number': '1',
  'A58 string': '"v1.30.0"',
  'A59 wrong types': '{"major":{},"minor":[],"gitVersion":17}',
  'A60 deep': '['.repeat(30_000),
  'A60 duplicate keys': '{"major":"1","major":"2"}',
  'A60 prototype keys': '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  'A60 huge number': '{"major":1e400}',
  'A60 byte order mark': '\xef\xbb\xbf{"major":"1"}',
  'A60 escaped NUL': '{"gitVersion":"v1\\u0000"}',
  'A60 lone surrogates': '{"gitVersion":"\\ud800"}',
  'A60 surrogate bytes': '{"gitVersion":"\xed\xa0\x80"}',
  'A60 trailing garbage': '{"major":"1"} garbage',
};

const GZIP = gzipSync('{"major":"1"}').toString('latin1');

/** A61: answers that ask for something else; the status line and fields are kept, the verdict judges them. */
const STATUSES: Readonly<Record<string, string>> = {
  'A61 401 Status':
    '401 Unauthorized|{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Unauthorized","code":401}',
  'A61 403 Status':
    '403 Forbidden|{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403}',
  'A61 401 HTML': '401 Unauthorized|<html>Log in</html>',
  'A61 429': '429 Too Many Requests\r\nRetry-After: 86400|',
  'A61 503': '503 Service Unavailable\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 GMT|',
  'A61 999': '999 Request denied|no',
};

/** A63: text that would do something where it is shown; the probe keeps it as bytes, what shows it escapes it. */
const SHOWN: Readonly<Record<string, string>> = {
  'A63 escape': '{"gitVersion":"v1.30.0\x1b[31m\x07"}',
  'A63 direction': '{"gitVersion":"v1.\xe2\x80\xae0.03"}',
  'A63 newline': '{"gitVersion":"v1\r\n2026-01-01 INFO all is well"}',
  'A63 markup': '{"gitVersion":"<script>alert(1)</script>=HYPERLINK(1)"}',
};

const LOCATIONS = {
  'self loop': '/version',
  metadata: 'http://169.254.169.254/latest/meta-data/',
  file: 'file:///etc/passwd',
} as const;

export function httpCases(): readonly HttpCase[] {
  return [
    { id: 'A45', what: 'silence after the request', answer: () => {}, outcome: 'http_timeout' },
    {
      id: 'A46',
      what: 'header drip',
      answer: drips('HTTP/1.1 200 OK\r\n', `X-Slow: ${'a'.repeat(500)}`),
      outcome: 'http_timeout',
      check: endIs('timeout'),
    },
    {
      id: 'A47',
      what: 'body drip',
      answer: drips(`${OK_HEAD}Content-Length: 500\r\n\r\n`, '{'),
      outcome: 'http_timeout',
      // The header limit is long over: only the total deadline ends a body.
      check: ({ ms }) => assert.ok(ms.total > 900, `${ms.total}`),
    },
    {
      id: 'A48',
      what: 'one header of 17 kB',
      answer: says(`${OK_HEAD}X: ${'a'.repeat(17_000)}\r\n\r\n`),
      outcome: 'http_header_overflow',
    },
    {
      id: 'A48 many',
      what: '3,000 small headers',
      answer: says(`${OK_HEAD}${'X-A: b\r\n'.repeat(3000)}\r\n`),
      outcome: 'http_header_overflow',
    },
    {
      id: 'A48 flood',
      what: 'headers without end',
      answer: sayThenFlood(OK_HEAD, 'X-A: b\r\n'.repeat(100)),
      outcome: 'http_header_overflow',
    },
    {
      id: 'A49',
      what: 'trailers without end',
      answer: sayThenFlood(`${OK_HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n`, 'X-A: b\r\n'.repeat(100)),
      outcome: 'http_header_overflow',
    },
    {
      id: 'A50',
      what: 'interim responses without end',
      answer: sayThenFlood('', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
      outcome: 'http_interim_flood',
    },
    {
      id: 'A50 five',
      what: 'five interim responses are borne',
      answer: says(
        Buffer.concat([Buffer.from('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(5)), whole('{}')]),
      ),
      outcome: null,
      check: bodyKept('{}'),
    },
    {
      id: 'A51',
      what: '101 Switching Protocols',
      answer: says('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x00'),
      outcome: 'http_upgrade',
    },
    {
      id: 'A52',
      what: 'body without end',
      answer: sayThenFlood(`${OK_HEAD}\r\n`, 'a'.repeat(4096)),
      outcome: 'http_body_cap',
    },
    {
      id: 'A52 chunked',
      what: 'chunked body without end',
      answer: sayThenFlood(`${OK_HEAD}Transfer-Encoding: chunked\r\n\r\n`, `1000\r\n${'a'.repeat(4096)}\r\n`),
      outcome: 'http_body_cap',
    },
    {
      id: 'A52 framing',
      what: 'chunks of one byte with extensions: all framing, no body',
      answer: sayThenFlood(`${OK_HEAD}Transfer-Encoding: chunked\r\n\r\n`, `1;${'x'.repeat(200)}\r\na\r\n`.repeat(20)),
      outcome: 'http_body_cap',
    },
    {
      id: 'A53',
      what: 'Content-Length 10^15, no data',
      answer: says(`${OK_HEAD}Content-Length: 1000000000000000\r\n\r\n`),
      outcome: 'http_timeout',
    },
    {
      id: 'A53 end',
      what: 'Content-Length 10^15, then FIN',
      answer: saysAndEnds(`${OK_HEAD}Content-Length: 1000000000000000\r\n\r\n{`),
      outcome: 'http_incomplete',
    },
    {
      id: 'A54',
      what: 'short body, then FIN',
      answer: saysAndEnds(`${OK_HEAD}Content-Length: 100\r\n\r\n{"major":`),
      outcome: 'http_incomplete',
    },
    {
      id: 'A54 head',
      what: 'FIN inside the head',
      answer: saysAndEnds('HTTP/1.1 200 OK\r\nServer: x'),
      outcome: 'http_incomplete',
    },
    {
      id: 'A54 chunk',
      what: 'FIN between chunks',
      answer: saysAndEnds(`${OK_HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n`),
      outcome: 'http_incomplete',
    },
    ...Object.entries(MALFORMED).map(
      ([what, bytes]): HttpCase => ({
        id: `A55 ${what}`,
        what,
        answer: says(Buffer.from(bytes, 'latin1')),
        outcome: 'http_malformed',
      }),
    ),
    {
      id: 'A56',
      what: 'gzip body though identity was asked',
      answer: says(whole(Buffer.from(GZIP, 'latin1'), 'Content-Encoding: gzip\r\n')),
      outcome: null,
      check: (result) => {
        // NUL cannot be stored; every other byte is as it came, so nothing was decoded.
        bodyKept(GZIP.replaceAll('\0', '\x1a'))(result);
      },
    },
    {
      id: 'A56 bomb',
      what: 'nested gzip claims',
      answer: says(
        whole(deflateRawSync(Buffer.alloc(10_000_000)), 'Content-Encoding: gzip, gzip, gzip, gzip, gzip\r\n'),
      ),
      outcome: null,
    },
    ...Object.entries(LOCATIONS).map(
      ([name, location]): HttpCase => ({
        id: `A57 ${name}`,
        what: `redirect to ${location}`,
        answer: says(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`),
        outcome: null,
        check: (result) => assert.match(first(result), /\r\nLocation: /),
      }),
    ),
    {
      id: 'A57 long',
      what: 'redirect with a Location of 300 kB',
      answer: says(`HTTP/1.1 302 Found\r\nLocation: /${'a'.repeat(300_000)}\r\n\r\n`),
      outcome: 'http_header_overflow',
    },
    ...Object.entries(STATUSES).map(([id, text]): HttpCase => {
      const [status = '', body = ''] = text.split('|');
      const head = `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
      return {
        id,
        what: status.slice(0, 40),
        answer: says(head + body),
        outcome: null,
        check: (result) => assert.equal(first(result), head + body),
      };
    }),
    {
      id: 'A63 latin-1',
      what: 'Server field beyond ASCII',
      answer: says(whole(Buffer.from('{}'), 'Server: caf\xe9\r\n')),
      outcome: null,
      check: (result) => assert.match(first(result), /\r\nServer: caf/),
    },
    ...Object.entries({ ...BODIES, ...SHOWN }).map(
      ([id, body]): HttpCase => ({
        id,
        what: body.slice(0, 40),
        answer: says(whole(Buffer.from(body, 'latin1'))),
        outcome: null,
        check: bodyKept(body),
      }),
    ),
    {
      id: 'A59 long',
      what: 'gitVersion of 1 MB',
      answer: says(whole(`{"gitVersion":"${'v'.repeat(1_000_000)}"}`)),
      outcome: 'http_body_cap',
    },
    {
      id: 'A60 UTF-16',
      what: 'UTF-16 body',
      answer: says(whole(Buffer.from('{"major":"1"}', 'utf16le'))),
      outcome: null,
      check: (result) => assert.ok(first(result).includes('{\x1a"\x1a')),
    },
    {
      id: 'A60 two answers',
      what: 'two responses to one request',
      answer: says('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]'),
      outcome: null,
      check: (result) => {
        bodyKept('{}')(result);
        assert.deepEqual(result.evidence.requests?.[1], { path: '/healthz', error: 'not_asked' });
      },
    },
  ];
}
