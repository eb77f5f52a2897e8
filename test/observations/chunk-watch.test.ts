// What a chunk under way learns: a network stops at once, others by what they are told, and nothing that was learned is lost.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChunkWatch } from '../../services/observations/chunk-watch.ts';
import { STOP_AT } from '../../services/surveys/brake.ts';

const AT = Date.parse('2026-11-24T12:00:30Z');
const MINUTE = new Date('2026-11-24T12:00:00Z');
const asnOf = (address: string): number | null => (address.startsWith('8.0.') ? 64512 : null);

/** A watch in which so many hosts of 8.0.0.0/24 were lost. */
function watchOf(lost: number): ChunkWatch {
  const watch = new ChunkWatch(asnOf);
  for (let host = 1; host <= lost; host++) watch.ended(`8.0.0.${host}`, 'tcp_timeout', AT);
  return watch;
}

describe('a network', () => {
  it('is left alone as soon as its walk says so, and no other is', () => {
    assert.equal(watchOf(STOP_AT - 1).isStopped('8.0.0.200'), false);
    const watch = watchOf(STOP_AT);
    assert.equal(watch.isStopped('8.0.0.200'), true);
    assert.equal(watch.signalFor('8.0.0.201').aborted, true);
    assert.equal(watch.isStopped('8.0.1.1'), false);
    assert.deepEqual(watch.take().stops, [{ scope: '8.0.0.0/24', asked: STOP_AT, lost: STOP_AT }]);
  });

  it('is not judged by the ports of one host: a machine that is switched off is one loss', () => {
    const watch = new ChunkWatch(asnOf);
    for (let port = 0; port < 100; port++) watch.ended('8.0.0.1', 'tcp_refused', AT);
    assert.equal(watch.isStopped('8.0.0.1'), false);
  });

  it('is not judged by what fails on our side or by what policy forbids', () => {
    const watch = new ChunkWatch(asnOf);
    for (let host = 1; host <= 200; host++)
      for (const outcome of ['error_ours', 'blocked_policy', 'scope_blocked_us'])
        watch.ended(`8.0.0.${host}`, outcome, AT);
    assert.equal(watch.isStopped('8.0.0.1'), false);
    assert.deepEqual(watch.take(), { ends: [], minutes: [], stops: [] });
  });

  it('of a /48 is one network', () => {
    const watch = new ChunkWatch(asnOf);
    for (let host = 1; host <= STOP_AT; host++) watch.ended(`2001:4860:1:${host}::1`, 'tls_reset', AT);
    assert.equal(watch.isStopped('2001:4860:1:ffff::2'), true);
    assert.equal(watch.isStopped('2001:4860:2::1'), false);
  });
});

describe('what others found', () => {
  it('stops networks that are known and those that come later, by prefix and by AS', () => {
    const watch = watchOf(1);
    const waiting = watch.signalFor('9.0.0.1');
    watch.leaveAlone(['9.0.0.0/24', 'AS64512']);
    assert.equal(waiting.aborted, true);
    for (const address of ['8.0.0.7', '8.0.99.1', '9.0.0.2']) assert.equal(watch.isStopped(address), true, address);
    assert.equal(watch.isStopped('9.0.1.1'), false);
  });
});

describe('a report', () => {
  it('says each thing once, and again when it is given back, with what came meanwhile', () => {
    const watch = watchOf(2);
    watch.ended('9.0.0.1', 'k8s_version_open', AT);
    const first = watch.take();
    assert.deepEqual(first, {
      ends: [
        { network: '8.0.0.0/24', asn: 64512, isLost: true },
        { network: '9.0.0.0/24', asn: null, isLost: false },
      ],
      minutes: [{ minute: MINUTE, asked: 3, lost: 2 }],
      stops: [],
    });
    assert.deepEqual(watch.take(), { ends: [], minutes: [], stops: [] });
    watch.ended('9.0.0.2', 'tcp_reset', AT);
    watch.giveBack(first);
    const again = watch.take();
    assert.deepEqual(again.ends.length, 2);
    assert.deepEqual(again.minutes, [{ minute: MINUTE, asked: 4, lost: 3 }]);
  });

  it('counts a network as lost when more of its hosts were lost than answered', () => {
    const watch = watchOf(2);
    watch.ended('8.0.0.100', 'k8s_auth_required', AT);
    watch.ended('8.0.0.101', 'not_kubernetes', AT);
    assert.equal(watch.take().ends[0]?.isLost, false);
    watch.ended('8.0.0.102', 'tcp_refused', AT);
    assert.equal(watch.take().ends[0]?.isLost, true);
  });
});
