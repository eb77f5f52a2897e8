// The mixed hosts of test/fixtures/labelled/mixed.tsv, each with what it must be judged as.
import { readFileSync } from 'node:fs';
import type { Evidence } from '../../services/feeds/evidence.ts';
import { ANSWERS, AUTHORITIES, CERTIFICATES, mixedEvidence } from './parts.ts';

export interface MixedForm {
  readonly name: string;
  readonly evidence: Evidence;
  /** "kube-apiserver confirmed"; "- not" where nothing is recognised. */
  readonly outcome: string;
}

function partOf<T extends object>(parts: T, word: string): keyof T | null {
  if (word === '-') return null;
  if (!Object.hasOwn(parts, word)) throw new Error(`mixed.tsv: no part is named ${word}`);
  return word as keyof T;
}

export function readMixedForms(): readonly MixedForm[] {
  const text = readFileSync(new URL('../fixtures/labelled/mixed.tsv', import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .slice(1)
    .map((line) => {
      const [port = '', transport = '', certificate = '', authorities = '', answers = '', component = '', grade = ''] =
        line.split('\t');
      const mixed = {
        port: Number(port),
        transport: transport === 'plain' ? 'plain' : 'tls',
        certificate: partOf(CERTIFICATES, certificate),
        authorities: partOf(AUTHORITIES, authorities),
        answers: answers.split(' + ').flatMap((word) => partOf(ANSWERS, word) ?? []),
      } as const;
      const name = [port, transport, certificate, authorities, answers].filter((word) => word !== '-').join(', ');
      return { name, evidence: mixedEvidence(mixed), outcome: `${component} ${grade}` };
    });
}
