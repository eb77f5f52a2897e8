// Plays a hostile script on a socket.
import type { Socket } from 'node:net';
import type { HostileStep } from './behaviours/hostile.ts';

/** Runs the steps in order. What the peer sends is read and dropped, so that closing never turns into a reset by unread bytes. */
export function play(socket: Socket, steps: readonly HostileStep[]): void {
  const [step, ...rest] = steps;
  if (step === undefined || socket.destroyed) return;
  const next = () => play(socket, rest);
  if (step.do !== 'await') socket.resume();
  switch (step.do) {
    case 'await':
      socket.once('data', next);
      return;
    case 'write':
      socket.write(step.bytes, 'latin1');
      next();
      return;
    case 'drip':
      drip(socket, step.bytes, step.everyMs);
      return;
    case 'repeat':
      repeat(socket, Buffer.from(step.bytes, 'latin1'), step.times, next);
      return;
    case 'end':
      socket.end();
      return;
    case 'reset':
      socket.resetAndDestroy();
      return;
    case 'hold':
      return;
  }
}

function drip(socket: Socket, bytes: string, everyMs: number): void {
  let index = 0;
  const drop = () => {
    if (socket.destroyed || !socket.writable) clearInterval(timer);
    else socket.write(bytes[index++ % bytes.length] ?? 'x', 'latin1');
  };
  const timer = setInterval(drop, everyMs);
  drop();
  socket.once('close', () => clearInterval(timer));
}

/** Writes as fast as the peer reads; a peer that has gone ends it. */
function repeat(socket: Socket, bytes: Buffer, times: number, done: () => void): void {
  let left = times;
  const pump = () => {
    while (left > 0) {
      if (socket.destroyed || !socket.writable) return;
      left -= 1;
      if (!socket.write(bytes)) {
        socket.once('drain', pump);
        return;
      }
    }
    done();
  };
  pump();
}
