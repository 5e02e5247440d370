// Scripts that complete commands and options, one for each shell. The words are those of the commands there are.
import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Of scripts/rootstock.mjs. */
const BEFORE_INSTALLING = ['up', 'doctor', 'cache', 'help'];

/** Words that may follow, by the commands before them: '', 'jobs', 'jobs submit'; and whether one of them must, so that no file may. */
function wordsByPlace(command: Command, place: readonly string[] = []): [place: string, words: string[], needsCommand: boolean][] {
  const options = [...command.options, ...(command.parent ? rootOf(command).options : [])].flatMap(({ short, long }) => [short, long]);
  const words = [...(command.parent ? [] : BEFORE_INSTALLING), ...command.commands.map((each) => each.name()), ...options.filter((word) => word !== undefined && word !== null), '--help'];
  return [[place.join(' '), [...new Set(words)], command.commands.length > 0], ...command.commands.flatMap((each) => wordsByPlace(each, [...place, each.name()]))];
}

const rootOf = (command: Command): Command => (command.parent ? rootOf(command.parent) : command);

export function completionScript(program: Command, shell: Shell): string {
  const places = wordsByPlace(program);
  if (shell === 'fish') return fish(places);
  const cases = places.map(([place, words]) => `    '${place}') offered='${words.join(' ')}' ;;`).join('\n');
  return shell === 'bash' ? bash(cases) : zsh(cases);
}

/** Two words of command at most; options between them do not count. */
const placeOf = (each: string): string => `  local place='' word count=0 offered=''
  for word in ${each}; do
    case "$word" in -*) continue ;; esac
    [ "$count" -lt 2 ] && place="\${place:+$place }$word"
    count=$((count + 1))
  done`;

const bash = (cases: string): string => `# rootstock completion bash > ~/.local/share/bash-completion/completions/rootstock
_rootstock() {
${placeOf('"${COMP_WORDS[@]:1:COMP_CWORD-1}"')}
  case "$place" in
${cases}
    *) case "\${place%% *}" in completion) offered='bash zsh fish' ;; esac ;;
  esac
  if [ -n "$offered" ]; then COMPREPLY=($(compgen -W "$offered" -- "\${COMP_WORDS[COMP_CWORD]}")); else COMPREPLY=(); fi
}
complete -o default -F _rootstock rootstock`;

/** `words` and CURRENT are zsh's own here. */
const zsh = (cases: string): string => `#compdef rootstock
# rootstock completion zsh > a folder of $fpath, as _rootstock
_rootstock() {
${placeOf('"${(@)words[2,CURRENT-1]}"')}
  case "$place" in
${cases}
  esac
  if [ -n "$offered" ]; then compadd -- \${=offered}; else _files; fi
}
# Read by zsh at the first completion, or by hand.
if [ "\${funcstack[1]}" = _rootstock ]; then _rootstock "$@"; else compdef _rootstock rootstock; fi`;

const fish = (places: readonly [string, string[], boolean][]): string =>
  [
    '# rootstock completion fish > ~/.config/fish/completions/rootstock.fish',
    'function __rootstock_place',
    "  set -l found (string match --invert -- '-*' (commandline -opc)[2..-1])[1..2]",
    '  test "$found" = "$argv"',
    'end',
    ...places.map(([place, words, needsCommand]) => `complete -c rootstock ${needsCommand ? '-f ' : ''}-n "__rootstock_place ${place}" -a '${words.join(' ')}'`),
  ].join('\n');
