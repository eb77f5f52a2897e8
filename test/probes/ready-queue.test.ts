// The ready queue against a sorted list, with members that move.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ReadyQueue } from '../../services/probes/ready-queue.ts';

test('the earliest member is always first, however often members move or leave', () => {
  const move = fc.record({ member: fc.nat(7), at: fc.oneof(fc.nat(20), fc.constant(Number.POSITIVE_INFINITY)) });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 300 }), (moves) => {
      const queue = new ReadyQueue<{ readyAt: number }>();
      const members = Array.from({ length: 8 }, () => ({ readyAt: Number.POSITIVE_INFINITY }));
      for (const { member, at } of moves) {
        const moved = members[member] ?? { readyAt: 0 };
        moved.readyAt = at;
        queue.put(moved);
        const earliest = Math.min(...members.map((one) => one.readyAt));
        assert.equal(queue.first()?.readyAt ?? Number.POSITIVE_INFINITY, earliest);
      }
    }),
    { numRuns: 300 },
  );
});

test('members of one time come in the order in which they got it', () => {
  const queue = new ReadyQueue<{ readyAt: number; readonly name: string }>();
  const members = ['a', 'b', 'c', 'd'].map((name) => ({ readyAt: 5, name }));
  for (const member of members) queue.put(member);
  const order: string[] = [];
  for (let first = queue.first(); first !== undefined; first = queue.first()) {
    order.push(first.name);
    first.readyAt = Number.POSITIVE_INFINITY;
    queue.put(first);
  }
  assert.deepEqual(order, ['a', 'b', 'c', 'd']);
});
