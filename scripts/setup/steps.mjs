// What a step of the set-up is. `isDone` looks and is quick: most set-ups find nothing to do.

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {() => boolean} isDone
 * @property {() => import('./tools.mjs').Tool[]} needs  asked only when it is not done
 * @property {() => Promise<void>} run
 */
