#!/usr/bin/env node
// The command line: one line per command. Results on stdout, everything else on stderr.
import { enableCompileCache } from 'node:module';

// Half of a short command's time would go into reading the sources again.
enableCompileCache();
const { runCommandLine } = await import('./cli/command-line.ts');

process.exitCode = await runCommandLine(process.argv.slice(2), process.env);
