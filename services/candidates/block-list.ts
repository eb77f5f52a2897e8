// ZMap's block lists: one prefix or address a line, # begins a comment. Read strictly, written so that ZMap and zgrab2 read them back.
import { KubecensusError } from '../platform/errors.ts';
import { parsePrefix } from '../platform/net/address.ts';
import type { OptOutRow } from './opt-out.ts';

/** Lines that are told of in an error; a wrong file has them all wrong. */
const TOLD = 5;

/**
 * The prefixes of a block list, in order. Names are not taken: resolving them would dial what they hide. Throws KC_OPT_OUT for a file without any
 * prefix and for every line that is none, with its number: a list that is half read would let through what it was made to stop.
 */
export function readBlockList(text: string): OptOutRow[] {
  const lines = text.split(/\r\n|[\r\n]/).map((line, at) => ({ number: at + 1, text: line.replace(/#.*/, '').trim() }));
  const wanted = lines.filter((line) => line.text !== '');
  const read = wanted.map((line) => ({ ...line, prefix: parsePrefix(line.text, { bare: true, hostBits: 'clear' }) }));
  const bad = read.filter((line) => line.prefix === null);
  if (bad.length > 0) {
    const told = bad.slice(0, TOLD).map((line) => `line ${line.number} ${JSON.stringify(line.text)}`);
    const rest = bad.length > TOLD ? ` and ${bad.length - TOLD} more` : '';
    throw new KubecensusError('KC_OPT_OUT', `Not a block list: ${told.join(', ')}${rest} is no prefix.`);
  }
  if (read.length === 0) throw new KubecensusError('KC_OPT_OUT', 'The block list holds no prefix.');
  return read.map(({ prefix }) => ({ kind: 'prefix', value: prefix!.text }));
}

/** Opt-outs as a block list; kinds that are no networks are named in comments, so that nobody takes the list for whole. */
export function writeBlockList(rows: readonly OptOutRow[]): string {
  const networks = rows.filter((row) => row.kind === 'address' || row.kind === 'prefix');
  const others = rows.filter((row) => row.kind !== 'address' && row.kind !== 'prefix');
  return [
    '# Opt-outs of kubecensus. Not for publication.',
    ...networks.map((row) => row.value),
    ...others.map((row) => `# ${row.kind} ${row.value}`),
    '',
  ].join('\n');
}
