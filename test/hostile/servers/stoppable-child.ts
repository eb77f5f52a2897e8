// A TLS server in a process of its own, so that a test can stop the whole process as SIGSTOP stops a real one. argv: listen backlog.
import { createServer } from 'node:tls';

process.once('message', (pair: { key: string; cert: string }) => {
  const server = createServer(pair, (socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1', Number(process.argv[2]), () => {
    const address = server.address();
    process.send?.(typeof address === 'object' ? address?.port : null);
  });
});
process.once('disconnect', () => process.exit());
