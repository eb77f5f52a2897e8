// The server side of the silent-hosts benchmark, in a process of its own: accepts on every 127.0.0.0/8 address and never writes a byte.
import { createServer } from 'node:net';

/** The kernel's accept queue; capped by net.core.somaxconn. */
const BACKLOG = 4096;

const server = createServer((socket) => void socket.on('error', () => {}));
server.listen(0, '0.0.0.0', BACKLOG, () => {
  const address = server.address();
  process.send?.(typeof address === 'object' ? address?.port : null);
});
process.once('disconnect', () => process.exit());
