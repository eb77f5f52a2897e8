// The server side of the probe benchmark, in a process of its own: a TLS server that answers every GET like a kube-apiserver.
import { createServer } from 'node:tls';

const BODY = `{
  "major": "1",
  "minor": "37",
  "gitVersion": "v1.37.2",
  "gitCommit": "${'0'.repeat(40)}",
  "gitTreeState": "clean",
  "buildDate": "2026-11-11T00:00:00Z",
  "goVersion": "go1.26.3",
  "compiler": "gc",
  "platform": "linux/amd64"
}`;

const ANSWER = `HTTP/1.1 200 OK\r\nCache-Control: no-cache, private\r\nContent-Type: application/json\r\nDate: Mon, 23 Nov 2026 18:16:40 GMT\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
const HEAD_END = '\r\n\r\n';

process.once('message', ({ everywhere, ...pair }: { key: string; cert: string; everywhere?: boolean }) => {
  const server = createServer({ ...pair, ALPNProtocols: ['http/1.1'] }, (socket) => {
    let seen = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
      for (let end = seen.indexOf(HEAD_END); end >= 0; end = seen.indexOf(HEAD_END)) {
        // openssl s_time asks in HTTP/1.0 and reads until the end of the connection.
        const last = seen.slice(0, end).includes('HTTP/1.0');
        seen = seen.slice(end + HEAD_END.length);
        if (last) socket.end(ANSWER);
        else socket.write(ANSWER);
      }
    });
  });
  server.listen(0, everywhere === true ? '0.0.0.0' : '127.0.0.1', 4096, () => {
    const address = server.address();
    process.send?.(typeof address === 'object' ? address?.port : null);
  });
});
process.once('disconnect', () => process.exit());
