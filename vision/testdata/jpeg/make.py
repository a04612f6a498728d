#!/usr/bin/env python3
"""Writes the JPEGs of this folder: one drawing in the ways in which encoders store it.

Needs Pillow, cjpeg and jpegtran of libjpeg-turbo, and convert of ImageMagick.
"""
import io
import subprocess
from pathlib import Path

from PIL import Image, ImageDraw

here = Path(__file__).parent
drawing = Image.new("RGB", (75, 53), (250, 240, 200))
draw = ImageDraw.Draw(drawing)
draw.line([(12, 8), (52, 14), (30, 45)], fill=(30, 20, 90), width=7)
draw.rectangle([58, 30, 70, 48], fill=(200, 30, 40))
drawing.save(here / "drawing.png")


def run(name, command, content):
    (here / name).write_bytes(subprocess.run(command, input=content, capture_output=True, check=True).stdout)


def pillow(name, image=drawing, **options):
    image.save(here / name, "JPEG", quality=92, **options)


ppm = io.BytesIO()
drawing.save(ppm, "PPM")
cjpeg = ["cjpeg", "-quality", "92"]
for sample in ("1x1", "2x1", "1x2", "2x2", "4x1", "3x1", "1x4", "2x2,1x1,2x1", "1x1,2x2,2x2"):
    run(f"sample-{sample}.jpg", [*cjpeg, "-sample", sample], ppm.getvalue())
run("grey.jpg", [*cjpeg, "-grayscale"], ppm.getvalue())
run("rgb.jpg", [*cjpeg, "-rgb"], ppm.getvalue())
run("restart.jpg", [*cjpeg, "-restart", "2B"], ppm.getvalue())
run("optimized.jpg", [*cjpeg, "-optimize"], ppm.getvalue())
run("progressive.jpg", [*cjpeg, "-progressive"], ppm.getvalue())
run("progressive-444.jpg", [*cjpeg, "-progressive", "-sample", "1x1"], ppm.getvalue())
run("progressive-grey.jpg", [*cjpeg, "-progressive", "-grayscale"], ppm.getvalue())
run("progressive-rgb.jpg", [*cjpeg, "-progressive", "-rgb"], ppm.getvalue())
run("progressive-restart.jpg", [*cjpeg, "-progressive", "-restart", "3B"], ppm.getvalue())
scans = {
    "separate": "0;\n1;\n2;\n",  # sequential, a scan for each component
    "deep": "0,1,2: 0-0, 0, 3;\n0: 1-9, 0, 2;\n0: 10-63, 0, 2;\n1: 1-63, 0, 0;\n2: 1-63, 0, 0;\n"
    "0: 1-63, 2, 1;\n0: 1-63, 1, 0;\n0,1,2: 0-0, 3, 2;\n0,1,2: 0-0, 2, 1;\n0,1,2: 0-0, 1, 0;\n",
}
for name, text in scans.items():
    script = here / "scans.txt"
    script.write_text(text)
    run(f"scans-{name}.jpg", [*cjpeg, "-scans", str(script)], ppm.getvalue())
    script.unlink()
run("jpegtran.jpg", ["jpegtran", "-copy", "none", "-progressive"], (here / "sample-2x2.jpg").read_bytes())
pillow("pillow-progressive.jpg", progressive=True)
pillow("cmyk.jpg", drawing.convert("CMYK"))
pillow("cmyk-progressive.jpg", drawing.convert("CMYK"), progressive=True)
png = (here / "drawing.png").read_bytes()
run("convert-cmyk.jpg", ["convert", "png:-", "-colorspace", "CMYK", "-quality", "92", "jpg:-"], png)
run("convert-422.jpg", ["convert", "png:-", "-sampling-factor", "4:2:2", "-quality", "92", "jpg:-"], png)
