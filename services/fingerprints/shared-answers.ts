// Answers that many hosts give, remembered: what is told from one of them is told for all. Most hosts of a census run the same few thousand builds.
import type { Answer } from './answer.ts';
import { HeadForm } from './head-form.ts';

/** Longer responses are pages and metrics, which no two hosts share. */
const MAX_RESPONSE = 2048;
/** Answers kept, in some 20 MB; hostile hosts can make up more, and then all are forgotten and the next ones kept. */
const MAX_ANSWERS = 8192;
const HEAD_END = '\r\n\r\n';
/** With one of these, an empty line may stand before what is taken for the head's end. */
const BARE_NEWLINE = /(?<!\r)\n/;

/** One answer and the only thing in it that its form does not tell. */
export interface SharedAnswer {
  readonly answer: Answer;
  /** The UID of the flow schema, as sent; null when the head has none. */
  readonly flowSchema: string | null;
}

/** Heads of one size that are compared. */
const MAX_ALIKE = 16;

/**
 * Learning an answer costs as much as reading a dozen, and pays only where it comes again. So it is bought: every answer brings a little, every one
 * that was known brings more, and where most are seen once little is spent.
 */
const PRICE = 8;
const PER_ANSWER = 1 / 16;
const PER_KNOWN = 1;
const MOST = 1024;

/** Forms by the length of the head and of the whole, which is quicker than by what stands in them. */
let forms = new Map<number, HeadForm[]>();
let answers = 0;
let credit = MOST;

/** The answer as all share it that differ in time and UUIDs only; null when it is not remembered. Never throws. */
export function shareAnswer(path: string, response: string, end: string | null): SharedAnswer | null {
  if (response.length > MAX_RESPONSE) return null;
  const headEnd = response.indexOf(HEAD_END) + HEAD_END.length;
  if (headEnd < HEAD_END.length) return null;
  const size = headEnd * (MAX_RESPONSE + 1) + response.length;
  const rest = response.slice(headEnd);
  let form = formOf(size, path, response, end);
  let answer = form === null ? null : form.known(rest);
  earn(answer === null ? PER_ANSWER : PER_KNOWN);
  if (answer === null && credit >= PRICE) {
    credit -= PRICE;
    form ??= newForm(size, path, response.slice(0, headEnd), rest, end);
    answer = form === null ? null : learn(form, rest);
  }
  return form === null || answer === null ? null : { answer, flowSchema: form.flowSchemaOf(response) };
}

function earn(amount: number): void {
  credit = Math.min(MOST, credit + amount);
}

function formOf(size: number, path: string, response: string, end: string | null): HeadForm | null {
  const alike = forms.get(size);
  if (alike === undefined) return null;
  for (const form of alike) if (form.path === path && form.end === end && form.fits(response)) return form;
  return null;
}

function newForm(size: number, path: string, head: string, rest: string, end: string | null): HeadForm | null {
  if (BARE_NEWLINE.test(head)) return null;
  const form = new HeadForm(path, end, head);
  if (!form.isSound(rest)) return null;
  const alike = forms.get(size) ?? [];
  if (alike.length >= MAX_ALIKE) alike.shift();
  alike.push(form);
  forms.set(size, alike);
  return form;
}

function learn(form: HeadForm, rest: string): Answer {
  if (answers++ >= MAX_ANSWERS) {
    forms = new Map();
    answers = 0;
  }
  return form.learn(rest);
}
