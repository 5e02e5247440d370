/** The average of a weight lies beside the optimizer's slots of it. Apart from what makes it, so that who reads checkpoints does not load the engine. */
export const AVERAGE = '/average';
