// The most memory this process ever held. `resourceUsage().maxRSS` would not do: on Linux it is inherited from the process that forked
// this one (getrusage(2) counts over execve), so that a large parent hides growth up to its own size.
import { readFileSync } from 'node:fs';

export const mostHeldBytes = (): number => 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
