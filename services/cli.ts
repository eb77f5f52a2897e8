#!/usr/bin/env node
// The command line: one line per command. Results on stdout, everything else on stderr.
import { runCommandLine } from './cli/command-line.ts';

process.exitCode = await runCommandLine(process.argv.slice(2), process.env);
