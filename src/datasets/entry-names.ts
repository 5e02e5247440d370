// What the entries of an archive may be called. Nothing is ever written under such a name, but it says what the entry is, so it has to
// lie within the archive and to be told from all others, on any system.
import { ServiceError } from '../contract/errors.js';

const LONGEST_NAME = 1_024;
const NAME_CHARACTERS_SAID = 200;
const SPECIAL_CHARACTERS = /[\u0000-\u001f\u007f\\]/;

export class EntryNames {
  /** The first name of each that are one name where upper and lower case are. */
  private readonly taken = new Map<string, string>();

  constructor(private readonly archive: string) {}

  /** The name in its plain form, without steps that lead nowhere. @throws UNSAFE_PATH */
  plain(name: string): string {
    const steps = name.split('/');
    if (name.length > LONGEST_NAME) throw this.unsafe(name, ` (${name.length} characters)`);
    if (SPECIAL_CHARACTERS.test(name) || /^([a-zA-Z]:|\/)/.test(name) || steps.includes('..')) throw this.unsafe(name);
    return steps.filter((step) => step !== '' && step !== '.').join('/');
  }

  /** The plain name of a file, which no other may have from here on. @throws UNSAFE_PATH, ARCHIVE_CORRUPT where one has it already */
  take(name: string): string {
    const plain = this.plain(name);
    const folded = plain.normalize('NFC').toLowerCase();
    const earlier = this.taken.get(folded);
    if (earlier === plain) throw ServiceError.of('ARCHIVE_CORRUPT', this.archive, `it holds "${plain}" twice`);
    if (earlier !== undefined) throw ServiceError.of('ARCHIVE_CORRUPT', this.archive, `it holds "${earlier}" and "${plain}", which are one name on many systems`);
    this.taken.set(folded, plain);
    return plain;
  }

  private unsafe(name: string, why = ''): ServiceError {
    const shown = name.slice(0, NAME_CHARACTERS_SAID).replaceAll(/[\u0000-\u001f\u007f]/g, '\ufffd');
    return ServiceError.of('UNSAFE_PATH', this.archive, `${shown}${name.length > NAME_CHARACTERS_SAID ? '…' : ''}${why}`);
  }
}
