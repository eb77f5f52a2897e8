// The documents of the tree as data: their text, links, headings, code blocks, and the commands that they show.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Markdown files that are part of the project, by path. */
export const PAGES: readonly string[] = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT }).sort();

export const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;

/** Fenced code blocks with their language. */
export function blocksOf(text: string): { language: string; code: string }[] {
  return [...text.matchAll(FENCE)].map(([, language = '', code = '']) => ({ language, code }));
}

/** Text outside fenced blocks. */
export const proseOf = (text: string): string => text.replace(FENCE, '');

/** Code in running text. */
export const inlineOf = (text: string): string[] =>
  [...proseOf(text).matchAll(/`([^`\n]+)`/g)].map(([, code]) => code as string);

/** Targets of links and pictures in running text; code does not link. */
export const linksOf = (text: string): string[] =>
  [
    ...proseOf(text)
      .replace(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map(([, target]) => target as string);

/** Anchors of headings, as GitHub makes them. */
export const anchorsOf = (text: string): string[] =>
  [...proseOf(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** One command as shown: the words after the program, up to a pipe, redirection or comment. */
export interface ShownCommand {
  readonly page: string;
  readonly words: readonly string[];
}

/** Everything after `program` where a command begins: on the lines of shell blocks, and at the beginning of inline code. */
export function commandsOf(page: string, program: string): ShownCommand[] {
  const text = textOf(page);
  const shell = blocksOf(text).filter(({ language }) => language === 'sh');
  const lines = [...shell.flatMap(({ code }) => code.split('\n')), ...inlineOf(text)];
  const pattern = new RegExp(`(?:^|^npx |[|&] )${program}(?:$|\\s+([^|#>&\\n]*))`);
  return lines.flatMap((line) => {
    const found = pattern.exec(line);
    return found === null ? [] : [{ page, words: wordsOf(found[1] ?? '') }];
  });
}

/** The commands that a --help page lists. */
export function listedIn(help: string): string[] {
  const list = help.split('\nCommands:\n')[1] ?? '';
  return [...list.matchAll(/^ {2}([a-z][a-z-]*)/gm)]
    .map(([, name]) => name as string)
    .filter((name) => name !== 'help');
}

/** Splits at spaces outside double quotes. */
const wordsOf = (text: string): string[] => [...text.matchAll(/"[^"]*"|\S+/g)].map(([word]) => word);
