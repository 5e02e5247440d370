// rootstock completion: scripts for shells, made of the commands themselves.
import { Argument, type Command } from 'commander';
import { completionScript, SHELLS, type Shell } from '../completion-script.js';
import { print } from '../output.js';

export const completion = (program: Command): Command =>
  program
    .command('completion')
    .description('print a script that completes commands and options')
    .addArgument(new Argument('<shell>', 'for which').choices(SHELLS))
    .action((shell: Shell) => print(completionScript(program, shell)));
