// The library of schemas, from one place: 373 files, which the set-up's build makes one of, since each process of the service reads them at its start.
export * from 'typebox';
export { default } from 'typebox';
