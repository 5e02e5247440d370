// Numbers as a picture, one square for each pixel.
import { useEffect, useRef } from 'preact/hooks';

interface PixelsProps {
  /** Row by row, channels innermost. */
  values: ArrayLike<number | null>;
  height: number;
  width: number;
  /** 1 grey, 3 colour. */
  channels: number;
  /** What is black and what is white. @default 0 to 255 */
  range?: readonly [black: number, white: number];
  label: string;
}

export function Pixels({ values, height, width, channels, range: [black, white] = [0, 255], label }: PixelsProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const pen = ref.current!.getContext('2d')!;
    const picture = pen.createImageData(width, height);
    const light = (at: number): number => (255 * ((values[at] ?? black) - black)) / (white - black || 1);
    for (let pixel = 0; pixel < width * height; pixel += 1) {
      for (let channel = 0; channel < 3; channel += 1) picture.data[4 * pixel + channel] = light(pixel * channels + Math.min(channel, channels - 1));
      picture.data[4 * pixel + 3] = 255;
    }
    pen.putImageData(picture, 0, 0);
  }, [values, height, width, channels, black, white]);
  return <canvas ref={ref} class="pixels" width={width} height={height} role="img" aria-label={label} />;
}
