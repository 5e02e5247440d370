// The only reader of the environment in this room. The key comes from here alone: other users see what is typed after a command.

export interface Environment {
  url: string | undefined;
  apiKey: string | undefined;
}

export const readEnvironment = (): Environment => ({ url: process.env.ROOTSTOCK_URL || undefined, apiKey: process.env.ROOTSTOCK_API_KEY || undefined });

/** Whether a person looks at it, who can be shown what changes in place. */
export const isLive = (): boolean => process.stderr.isTTY && process.env.TERM !== 'dumb';
