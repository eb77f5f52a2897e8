// Time as an argument: the one place that reads the system clock for the composition root.

/** Returns the current instant. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();
