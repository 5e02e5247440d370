// A picture from the camera: one frame, cut to a square, sent like a file.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Thumb } from './pictures.js';
import type { Prediction } from './use-prediction.js';

const SIDE = 480;

export function Camera({ prediction }: { prediction: Prediction }) {
  const video = useRef<HTMLVideoElement>(null);
  const [stream, setStream] = useState<MediaStream>();
  const [refusal, setRefusal] = useState('');
  const [taken, setTaken] = useState<File>();
  useEffect(() => {
    if (video.current && stream) video.current.srcObject = stream;
    return () => stream?.getTracks().forEach((track) => track.stop());
  }, [stream]);
  const start = async (): Promise<void> => {
    try {
      setStream(await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } } }));
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    }
  };
  const take = (): void => {
    const { videoWidth: width, videoHeight: height } = video.current!;
    const side = Math.min(width, height);
    const canvas = Object.assign(document.createElement('canvas'), { width: SIDE, height: SIDE });
    canvas.getContext('2d')!.drawImage(video.current!, (width - side) / 2, (height - side) / 2, side, side, 0, 0, SIDE, SIDE);
    canvas.toBlob((blob) => {
      const file = new File([blob!], 'camera.png', { type: 'image/png' });
      setTaken(file);
      prediction.ask({ files: [file] });
    }, 'image/png');
  };
  // Only pages by https or of this machine may ask for it.
  if (navigator.mediaDevices === undefined) return <p class="box warn">The browser gives no camera to a page that does not come by https or from this machine. Drop a picture instead.</p>;
  return (
    <>
      {stream === undefined ? <p><button type="button" onClick={() => void start()}>Start the camera</button></p> : (
        <>
          <video ref={video} class="camera" autoplay playsInline muted aria-label="What the camera sees" />
          <p class="buttons"><button type="button" class="primary" onClick={take}>Take a picture</button><button type="button" onClick={() => setStream(undefined)}>Stop the camera</button></p>
        </>
      )}
      {refusal !== '' && <p class="box bad" role="alert">The browser gives no camera: {refusal}</p>}
      {taken && <Thumb of={taken} alt="The picture that was taken" />}
    </>
  );
}
