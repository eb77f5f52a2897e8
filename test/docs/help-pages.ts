// Prints every --help page of the command line as one JSON object, by the words of the command. A program of its own: it takes over stdout.
import { runCommandLine } from '../../services/cli/command-line.ts';
import { listedIn } from './pages.ts';

const write = process.stdout.write.bind(process.stdout);
const pages: Record<string, string> = {};

async function read(words: readonly string[]): Promise<void> {
  let printed = '';
  process.stdout.write = ((text: string) => {
    printed += text;
    return true;
  }) as typeof process.stdout.write;
  await runCommandLine([...words, '--help'], {});
  pages[words.join(' ')] = printed;
  for (const name of listedIn(printed)) await read([...words, name]);
}

await read([]);
write(JSON.stringify(pages));
