// Refusals in the engines' own words: what they mean, whatever HTTP says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SEARCH_ENGINES } from '../../../services/feeds/engines/index.ts';

/** Engine, status, reply, and what is understood; null: the status decides, or nothing is refused. */
const CASES: readonly (readonly [engine: string, status: number, reply: unknown, means: string | null])[] = [
  ['shodan', 200, { matches: [], total: 0 }, null],
  ['shodan', 200, { error: 'Invalid search query' }, 'query'],
  [
    'shodan',
    401,
    { error: 'Insufficient query credits, please upgrade your API plan or wait for the monthly limit to reset' },
    'credits',
  ],
  ['shodan', 401, { error: 'Access denied (403 Forbidden)' }, 'credentials'],
  ['shodan', 502, { error: 'bad gateway' }, null],
  ['fofa', 200, { error: false, results: [] }, null],
  ['fofa', 200, { error: true, errmsg: '[-700] Account Invalid' }, 'credentials'],
  ['fofa', 200, { error: true, errmsg: '[820031] F点余额不足' }, 'credits'],
  ['fofa', 200, { error: true, errmsg: '[45022] 请求速度过快，频繁' }, 'rate'],
  ['fofa', 200, { error: true, errmsg: '[820000] Query syntax is incorrect' }, 'query'],
  ['zoomeye', 200, { code: 60000, message: 'success', data: [] }, null],
  ['zoomeye', 200, { code: 50001, message: 'the search syntax is wrong' }, 'query'],
  ['zoomeye', 200, { code: 50002, message: 'insufficient credits' }, 'credits'],
  ['zoomeye', 503, { message: 'down for maintenance' }, null],
  ['onyphe', 200, { error: 0, results: [] }, null],
  ['onyphe', 200, { error: 2, text: 'Invalid API key' }, 'credentials'],
  ['onyphe', 200, { error: 4, text: 'OQL syntax error' }, 'query'],
  ['hunter', 200, { code: 200, data: {} }, null],
  ['hunter', 200, { code: 401, message: '令牌错误' }, 'credentials'],
  ['hunter', 200, { code: 40204, message: '积分用完' }, 'credits'],
  ['hunter', 200, { code: 429, message: '请求太快' }, 'rate'],
  ['hunter', 200, { code: 500, message: '内部错误' }, 'unavailable'],
  ['hunter', 200, { code: 400, message: '语法错误' }, 'query'],
  ['quake', 200, { code: 0, data: [] }, null],
  ['quake', 200, { code: 'q3005', message: '请求频繁' }, 'rate'],
  ['quake', 200, { code: 'u3011', message: '积分不足' }, 'credits'],
  ['quake', 401, { code: 'u3000', message: 'token 无效' }, 'credentials'],
  ['quake', 200, { code: 'q2001', message: '语法错误' }, 'query'],
  ['criminalip', 200, { status: 200, message: 'Success' }, null],
  ['criminalip', 200, { status: 401, message: 'api key' }, 'credentials'],
  ['criminalip', 200, { status: 403, message: 'limit exceeded' }, 'credits'],
  ['criminalip', 200, { status: 500, message: 'An unexpected error occurred' }, 'unavailable'],
  ['hunterhow', 200, { code: 200, data: {} }, null],
  ['hunterhow', 200, { code: 401, message: 'invalid' }, 'credentials'],
  ['hunterhow', 502, { error: 'bad gateway' }, null],
];

for (const [type, status, reply, means] of CASES)
  test(`${type} ${status} ${JSON.stringify(reply)}: ${means}`, () => {
    const engine = SEARCH_ENGINES.find((one) => one.type === type);
    assert.ok(engine?.manners?.refusal !== undefined);
    assert.equal(engine.manners.refusal(reply, status), means);
  });
