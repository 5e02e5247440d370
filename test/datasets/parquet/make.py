"""Makes the Parquet files beside it, which test/datasets/parquet.test.ts reads. Run with pyarrow 26: python make.py"""
import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
N = 40
START = datetime.datetime(2020, 1, 1)

table = pa.table({
    "f64": pa.array([None if i % 7 == 3 else i / 4 for i in range(N)], pa.float64()),
    "f32": pa.array([i / 8 for i in range(N)], pa.float32()),
    "i64": pa.array([i * 1_000_003 for i in range(N)], pa.int64()),
    "i8": pa.array([i - 20 for i in range(N)], pa.int8()),
    "when": pa.array([START + datetime.timedelta(seconds=i) for i in range(N)], pa.timestamp("ms")),
    "flag": pa.array([None if i % 11 == 5 else i % 3 == 0 for i in range(N)], pa.bool_()),
    "colour": pa.array([["red", "blue", "green", None][i % 4] for i in range(N)], pa.string()).dictionary_encode(),
    "label": pa.array(["yes" if i % 2 else "no" for i in range(N)], pa.string()),
})

for codec in ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]:
    pq.write_table(table, HERE / f"{codec}.parquet", compression=codec)
pq.write_table(table, HERE / "groups.parquet", row_group_size=7, data_page_size=64, use_dictionary=False, data_page_version="2.0")
pq.write_table(table.append_column("list", pa.array([[i, i] for i in range(N)])), HERE / "nested.parquet")
pq.write_table(table, HERE / "delta.parquet", compression="none", use_dictionary=False, column_encoding={
    "f64": "BYTE_STREAM_SPLIT", "f32": "BYTE_STREAM_SPLIT", "i64": "DELTA_BINARY_PACKED", "i8": "DELTA_BINARY_PACKED", "when": "DELTA_BINARY_PACKED", "flag": "RLE",
    "colour": "DELTA_BYTE_ARRAY", "label": "DELTA_LENGTH_BYTE_ARRAY",
})
