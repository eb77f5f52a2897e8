// The log: safe to look at on a terminal, without a secret in it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createLog, escapeControls, hidePasswords, type LogOutput } from '../../services/platform/log.ts';

function collector(isTTY: boolean): { output: LogOutput; text: () => string } {
  const written: string[] = [];
  return { output: { isTTY, write: (text) => written.push(text) }, text: () => written.join('') };
}

describe('the log', () => {
  it('is one JSON object per line for machines', () => {
    const { output, text } = collector(false);
    const log = createLog('info', output);
    log.debug('not shown');
    log.info({ host: 'a\u001b[2Jb\u202ec\u0085d\ne' }, 'seen');
    log.error({ err: new Error('broken', { cause: new Error('deep') }) }, 'failed');
    const lines = text().trimEnd().split('\n');
    assert.equal(lines.length, 2);
    const [first, second] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(first?.['msg'], 'seen');
    assert.equal(first?.['host'], 'a\u001b[2Jb\u202ec\u0085d\ne', 'escaped on the way, whole at the end');
    assert.match(String(first?.['time']), /^\d{4}-\d\d-\d\dT.*Z$/);
    assert.match(JSON.stringify(second?.['err']), /broken.*deep/);
  });

  it('is one short line per entry for people', () => {
    const { output, text } = collector(true);
    const log = createLog('info', output);
    log.warn({ feed: 'crt', rows: 3, err: new Error('no\nroute') }, 'pull cut short');
    assert.match(text(), /^\S+Z warn pull cut short feed=crt rows=3 error="no\\nroute"\n$/);
  });

  it('never writes control characters, whatever comes in', () => {
    for (const isTTY of [true, false]) {
      let line = '';
      const write = (text: string): void => {
        line = text;
      };
      const log = createLog('info', { isTTY, write });
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), (hostile) => {
          log.info({ hostile, [hostile]: { deep: hostile } }, hostile);
          assert.match(line, /^[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]*\n$/);
        }),
      );
    }
  });

  it('never writes a secret, in a field or in a URL', () => {
    for (const isTTY of [true, false]) {
      const { output, text } = collector(isTTY);
      const log = createLog('info', output);
      log.info(
        {
          password: 'hunter2',
          config: { apiKey: 'hunter2', authorization: 'Bearer hunter2' },
          databaseUrl: 'postgres://u:hunter2@h/db',
        },
        'one',
      );
      log.info(
        { err: new Error('connect postgres://user:hunter2@127.0.0.1:5432/db failed') },
        'redis://:hunter2@h:1 and https://x:hunter2@y/z',
      );
      assert.ok(text().includes('***'));
      assert.ok(!text().includes('hunter2'), text());
    }
  });

  it('has its two filters for others to use', () => {
    assert.equal(escapeControls('a\u0000b\tü'), 'a\\u0000b\\u0009ü');
    assert.equal(hidePasswords('postgres://u:p%40x@h/db, rediss://:p@h'), 'postgres://u:***@h/db, rediss://:***@h');
    assert.equal(hidePasswords('postgres://u:p/w@h/db'), 'postgres://u:***@h/db');
    assert.equal(hidePasswords('https://example.org:8443/@a'), 'https://example.org:8443/@a');
  });
});
