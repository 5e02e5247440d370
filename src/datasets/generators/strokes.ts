// The pen: strokes of lines, Bézier curves and arcs in a unit box (x to the right, y down), flattened to dense polylines.

export type Point = readonly [x: number, y: number];
/** A polyline dense enough to be bent: neighbours lie at most `SPACING` apart. */
export type Stroke = readonly Point[];
export type Glyph = readonly Stroke[];

/** In parts of the unit box; an elastic field that varies over a third of the box bends ten or more points at once. */
const SPACING = 0.06;

type Curve = (t: number) => Point;

function flatten(curve: Curve): Stroke {
  // A polyline of 16 pieces is close enough to the curve to measure it.
  let length = 0;
  for (let at = 0; at < 16; at += 1) {
    const [x0, y0] = curve(at / 16);
    const [x1, y1] = curve((at + 1) / 16);
    length += Math.hypot(x1 - x0, y1 - y0);
  }
  const pieces = Math.max(1, Math.ceil(length / SPACING));
  return Array.from({ length: pieces + 1 }, (_, at) => curve(at / pieces));
}

/** Straight through all the points. */
export function line(...points: readonly Point[]): Stroke {
  return points.slice(1).flatMap(([x1, y1], at) => {
    const [x0, y0] = points[at] as Point;
    return flatten((t) => [x0 + t * (x1 - x0), y0 + t * (y1 - y0)]);
  });
}

/** A quadratic Bézier curve, or several in a row: start, then control and end in turn. */
export function curve(...points: readonly Point[]): Stroke {
  const stroke: Point[] = [];
  for (let at = 0; at + 2 < points.length; at += 2) {
    const [[x0, y0], [x1, y1], [x2, y2]] = points.slice(at, at + 3) as unknown as readonly [Point, Point, Point];
    stroke.push(
      ...flatten((t) => [
        (1 - t) ** 2 * x0 + 2 * t * (1 - t) * x1 + t ** 2 * x2,
        (1 - t) ** 2 * y0 + 2 * t * (1 - t) * y1 + t ** 2 * y2,
      ]),
    );
  }
  return stroke;
}

/** Part of an ellipse around `centre`; degrees clockwise from the right, as seen on the page. */
export function arc([x, y]: Point, radiusX: number, radiusY: number, fromDegrees: number, toDegrees: number): Stroke {
  return flatten((t) => {
    const angle = ((fromDegrees + t * (toDegrees - fromDegrees)) * Math.PI) / 180;
    return [x + radiusX * Math.cos(angle), y + radiusY * Math.sin(angle)];
  });
}

/** One stroke from several drawn without lifting the pen; gaps between them are closed by a straight line. */
export function joined(...strokes: readonly Stroke[]): Stroke {
  return strokes.reduce((whole, next) => {
    const [from, to] = [whole.at(-1), next[0]];
    return from && to ? [...whole, ...line(from, to), ...next] : [...whole, ...next];
  });
}
