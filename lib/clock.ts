/** The present time. Injected wherever code decides by time, so that tests move it instead of sleeping. */
export type Clock = () => Date;

/** The machine's clock. */
export const systemClock: Clock = () => new Date();
