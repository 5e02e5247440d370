// What a fault is.

/**
 * @typedef {object} Fault
 * @property {string} id                     its row in the table of failure modes
 * @property {string} what                   what is done
 * @property {string} holds                  what must hold besides what the checker checks
 * @property {number} times                  how often it strikes in the whole table; Infinity: until the fault itself has nothing more to try
 * @property {number} [timesProduction]      how often with the service's own timers. 3 if left out; 0 where there are none in play
 * @property {Record<string, string>} [settings] of the service
 * @property {number} [roundWithinSeconds]   a round that takes longer is given up; 300 if left out
 * @property {() => string | undefined | Promise<string | undefined>} [cannot] why this machine cannot try it
 * @property {(rig: import('../rig.mjs').Rig) => Promise<void>} round one round: strikes once or several times, at most `rig.left`
 */

export {};
