// What the processes of a service hold while they read a data set, as Linux counts it: the most the ingest child ever held, and by how much the
// API process grew beyond what it held before; and the processor time of that child.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const POLL_MS = 50;
/** Linux counts processor time in hundredths of a second, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;
const INGEST_CHILD = 'ingest.js';

/** @param {number} apiPid */
export function watchMemory(apiPid) {
  // Linux forgets the peak when a 5 is written here.
  writeFileSync(`/proc/${apiPid}/clear_refs`, '5');
  const before = bytesOf(apiPid, 'VmRSS');
  let [ingestPeak, ingestSeconds, children] = [0, 0, 0];
  /** @type {number | undefined} */
  let ingestPid;
  const timer = setInterval(() => {
    if (ingestPid === undefined) {
      ingestPid = ingestChildOf(apiPid);
      if (ingestPid !== undefined) children += 1;
    }
    const peak = ingestPid === undefined ? 0 : bytesOf(ingestPid, 'VmHWM');
    ingestPeak = Math.max(ingestPeak, peak);
    if (peak === 0) ingestPid = undefined;
    else ingestSeconds = Math.max(ingestSeconds, processorSeconds(/** @type {number} */ (ingestPid)));
  }, POLL_MS);
  return {
    end() {
      clearInterval(timer);
      if (children !== 1) throw new Error(`${children} processes read the data set; one was to`);
      return { ingestPeak, ingestSeconds, apiGrowth: bytesOf(apiPid, 'VmHWM') - before };
    },
  };
}

/** Of a process; 0 where it is gone. @param {number} pid @param {'VmHWM' | 'VmRSS'} field */
function bytesOf(pid, field) {
  try {
    const [, kilobytes] = new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Of a process and all its threads, as far as it has come; 0 where it is gone. @param {number} pid */
function processorSeconds(pid) {
  try {
    // The name of the program, in brackets, may hold spaces; what follows is numbered from the third field on.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** The process that reads the data set: a child of a worker, which is a child of the service. @param {number} apiPid */
function ingestChildOf(apiPid) {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).find((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(INGEST_CHILD) && parentOf(parentOf(pid)) === apiPid;
    } catch {
      return false; // gone meanwhile
    }
  });
}

/** @param {number} pid */
const parentOf = (pid) => Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
