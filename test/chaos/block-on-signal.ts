// Preloaded into a member of a fleet: at SIGUSR2 its event loop stands still for as long as the environment says.
const ms = Number(process.env['BLOCK_MS']);
process.on('SIGUSR2', () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms));
