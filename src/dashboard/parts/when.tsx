// A moment: how long ago, and exactly when one points at it.
import { ago, dateTime } from '../format.js';

export const When = ({ at }: { at: string }) => <time dateTime={at} title={dateTime(at)}>{ago(at)}</time>;
