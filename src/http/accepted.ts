// The form of an answer that a client wants most (RFC 9110, 12.5.1).
import type { FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';

export const JSON_TYPE = 'application/json';
export const HTML_TYPE = 'text/html';
export const EVENT_STREAM_TYPE = 'text/event-stream';
export const CSV_TYPE = 'text/csv';
export const NDJSON_TYPE = 'application/x-ndjson';
export const SVG_TYPE = 'image/svg+xml';

/** The first of the forms where it wants none of them. */
export const acceptedOf = ({ headers }: FastifyRequest, forms: [string, ...string[]]): string => new Negotiator({ headers }).mediaType(forms) ?? forms[0];
