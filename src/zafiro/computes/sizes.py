"""The VM sizes people ask for, from Azure's public documentation (2026-11).

They are told, not enforced: a node here is a slot of this machine, whatever its size is called.
"""

from zafiro.computes.domain import Size

# family, then: name, vCPUs, memory (GiB), temporary disk (GiB)[, GPUs]
_TABLE = """
standardAv2Family
A1_v2 1 2 10; A2_v2 2 4 20; A4_v2 4 8 40; A8_v2 8 16 80
standardDv2Family
D1_v2 1 3.5 50; D2_v2 2 7 100; D3_v2 4 14 200; D4_v2 8 28 400; D5_v2 16 56 800
D11_v2 2 14 100; D12_v2 4 28 200; D13_v2 8 56 400; D14_v2 16 112 800
standardDSv2Family
DS1_v2 1 3.5 7; DS2_v2 2 7 14; DS3_v2 4 14 28; DS4_v2 8 28 56; DS5_v2 16 56 112
DS11_v2 2 14 28; DS12_v2 4 28 56; DS13_v2 8 56 112; DS14_v2 16 112 224; DS15_v2 20 140 280
standardDv3Family
D2_v3 2 8 50; D4_v3 4 16 100; D8_v3 8 32 200; D16_v3 16 64 400; D32_v3 32 128 800
D48_v3 48 192 1200; D64_v3 64 256 1600
standardDSv3Family
D2s_v3 2 8 16; D4s_v3 4 16 32; D8s_v3 8 32 64; D16s_v3 16 64 128; D32s_v3 32 128 256
D48s_v3 48 192 384; D64s_v3 64 256 512
standardDDSv4Family
D2ds_v4 2 8 75; D4ds_v4 4 16 150; D8ds_v4 8 32 300; D16ds_v4 16 64 600; D32ds_v4 32 128 1200
D48ds_v4 48 192 1800; D64ds_v4 64 256 2400
standardDSv4Family
D2s_v4 2 8 0; D4s_v4 4 16 0; D8s_v4 8 32 0; D16s_v4 16 64 0; D32s_v4 32 128 0; D64s_v4 64 256 0
standardDDSv5Family
D2ds_v5 2 8 75; D4ds_v5 4 16 150; D8ds_v5 8 32 300; D16ds_v5 16 64 600; D32ds_v5 32 128 1200
D48ds_v5 48 192 1800; D64ds_v5 64 256 2400; D96ds_v5 96 384 3600
standardDADSv5Family
D2ads_v5 2 8 75; D4ads_v5 4 16 150; D8ads_v5 8 32 300; D16ads_v5 16 64 600
D32ads_v5 32 128 1200; D64ads_v5 64 256 2400; D96ads_v5 96 384 3600
standardEv3Family
E2_v3 2 16 50; E4_v3 4 32 100; E8_v3 8 64 200; E16_v3 16 128 400; E32_v3 32 256 800
standardESv3Family
E2s_v3 2 16 32; E4s_v3 4 32 64; E8s_v3 8 64 128; E16s_v3 16 128 256; E32s_v3 32 256 512
E64s_v3 64 432 864
standardEASv4Family
E4as_v4 4 32 64; E8as_v4 8 64 128; E16as_v4 16 128 256; E32as_v4 32 256 512; E48as_v4 48 384 768
E64as_v4 64 512 1024; E96as_v4 96 672 1344
standardEDSv4Family
E2ds_v4 2 16 75; E4ds_v4 4 32 150; E8ds_v4 8 64 300; E16ds_v4 16 128 600; E32ds_v4 32 256 1200
E48ds_v4 48 384 1800; E64ds_v4 64 504 2400
standardEDSv5Family
E2ds_v5 2 16 75; E4ds_v5 4 32 150; E8ds_v5 8 64 300; E16ds_v5 16 128 600; E32ds_v5 32 256 1200
E48ds_v5 48 384 1800; E64ds_v5 64 512 2400; E96ds_v5 96 672 3600
standardFSv2Family
F2s_v2 2 4 16; F4s_v2 4 8 32; F8s_v2 8 16 64; F16s_v2 16 32 128; F32s_v2 32 64 256
F48s_v2 48 96 384; F64s_v2 64 128 512; F72s_v2 72 144 576
standardNCFamily
NC6 6 56 340 1; NC12 12 112 680 2; NC24 24 224 1440 4
standardNCSv3Family
NC6s_v3 6 112 736 1; NC12s_v3 12 224 1474 2; NC24s_v3 24 448 2948 4; NC24rs_v3 24 448 2948 4
standardNCASv3_T4Family
NC4as_T4_v3 4 28 176 1; NC8as_T4_v3 8 56 352 1; NC16as_T4_v3 16 110 352 1
NC64as_T4_v3 64 440 2816 4
standardNCADSA100v4Family
NC24ads_A100_v4 24 220 64 1; NC48ads_A100_v4 48 440 128 2; NC96ads_A100_v4 96 880 256 4
standardNCADSH100v5Family
NC40ads_H100_v5 40 320 128 1; NC80adis_H100_v5 80 640 256 2
standardNDSFamily
ND40rs_v2 40 672 2948 8; ND96asr_v4 96 900 6000 8; ND96amsr_A100_v4 96 1900 6400 8
ND96isr_H100_v5 96 1900 28000 8
standardNVSv3Family
NV12s_v3 12 112 320 1; NV24s_v3 24 224 640 2; NV48s_v3 48 448 1280 4
"""


def _read() -> tuple[Size, ...]:
    found, family = [], ""
    for line in _TABLE.split("\n"):
        if line.startswith("standard"):
            family = line
            continue
        for entry in filter(None, map(str.split, line.split(";"))):
            name, cores, memory, disk, *gpus = entry
            made = (int(cores), float(memory), int(disk), int(gpus[0]) if gpus else 0)
            found.append(Size(f"Standard_{name}", family, *made))
    return tuple(found)


SIZES = _read()
