"""Pictures, sounds and files, made here: small, real, and in the modes a browser uploads."""

from __future__ import annotations

import dataclasses
import functools
import io
import math
import struct
import wave
import zipfile
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from ..clues import Clues
from ..contract import Component
from ..observation import Media
from .text import typed

__all__ = [
    "ODD",
    "audio",
    "file",
    "files",
    "film",
    "gallery",
    "image",
    "image_editor",
    "model",
    "multimodal",
    "odd",
    "photo",
    "picture",
    "silence",
    "sound",
    "sources",
    "video",
]

#: (mode, width, height, format): shortest description first, the plain one before the odd.
PICTURES = (
    ("RGB", 16, 16, "PNG"),
    ("RGB", 1, 1, "PNG"),
    ("L", 16, 16, "PNG"),
    ("RGBA", 16, 16, "PNG"),
    ("P", 16, 16, "PNG"),
    ("LA", 16, 16, "PNG"),
    ("RGB", 64, 48, "JPEG"),
    ("L", 24, 24, "JPEG"),
    ("1", 16, 16, "PNG"),
    ("I;16", 16, 16, "PNG"),
    ("CMYK", 24, 24, "JPEG"),
    ("RGB", 200, 3, "PNG"),
    ("RGB", 3, 200, "PNG"),
    ("RGB", 32, 32, "WEBP"),
    ("RGB", 300, 200, "PNG"),
)

#: What phones, scanners and sites make: each by its name in `odd`.
ODD = ("turned.jpg", "moving.gif", "white.png", "black.jpg", "clear.png", "wide.webp")

#: (rate in hertz, channels, frames)
SOUNDS = ((16000, 1, 1600), (44100, 2, 4410), (8000, 1, 800), (48000, 1, 1), (22050, 1, 22050))

#: Sizes of what a camera takes, in pixels, and what a browser makes of a microphone:
#: (rate in hertz, channels, frames). Read off the pages of Gradio 4.44, 5.49 and 6.31.
CAMERAS = ((640, 480), (1280, 720))
RECORDINGS = ((48000, 1, 24000), (44100, 1, 44100))
#: What a camera sees: a picture, the same moving, a lens that is covered, and too much light.
SCENES = ("still", "turned", "black", "white")
#: What a microphone hears, and for how many frames: half a second, and less at the end.
PIECES = (("tone", 24_000), ("silence", 24_000), ("tone", 4_800), ("silence", 4_800))
#: So many frames or pieces are in one recording.
MOST_FRAMES = 6
#: A second of Chromium's own recording of a flat picture, 640 by 480, VP8.
RECORDED = (
    "c-oV4y}x+AQ(GgW({~{L)X3uWxsk)EsiizMDc7kT$Zc(8k_c`{XJh~Y_5?xS*(E!DcXtP`ZV~ldnHIdJF%QB"
    "M3t5*9<V}X~<ej&b0(sYbclQ8!GQqona!u@hZ`Lu81VC0S(7L{{ncvC5rL)DQ^7}sDhBoJnqWs*{a7QQuWb?"
    "jtd#*P!79VZrpUC&?bVXKkBV*{hM#i?*u=ub5iwE;JG%+>oYGQm4d;lo1VM6FeAholRDRfsOZ|LquMv!wMK4"
    "i;z-pH`PC2paUUL%k@!HHomqgDgc14gcPj@H(WnJpa_OiU%8tgNmizM1oI6pdiCgW=!q&6B_EJ$H5E*BcC_3"
    "!OBVIjI2?-BKro0Bp&IflZ9%J6mJQ{OsGa)h((=(MUw*4gX%RV_5Kd;o3%qGYo;u3|fK*7$g`Z^1twi|6*g~"
    "{>A-^`6JuAckf=IrLJwuwt&*s`a)KimI(bX3>*zC3=C}-BKx}UEV=$%>zHerlmBLs#08sW#dmtHKc~a+8(5k"
    ">S-7l`aUw$@6Ov^NRJP^Jf~P=Rn8ImlOB3Tnur<u`w6%sQ9AeFL+FHXb52_e@cXw}YWZ2#Ytbac?UIPFM;G{"
    "<"
)

#: Content by extension, for fields that name the types they take.
CONTENTS: dict[str, tuple[bytes, str]] = {
    ".txt": (b"one line\nanother line\n", "text/plain"),
    ".md": (b"# Title\n\nText.\n", "text/markdown"),
    ".csv": (b"name,count\nada,1\nbob,2\n", "text/csv"),
    ".tsv": (b"name\tcount\nada\t1\n", "text/tab-separated-values"),
    ".json": (b'{"name": "ada", "items": [1, 2]}', "application/json"),
    ".html": (b"<p>text</p>", "text/html"),
    ".xml": (b"<a><b>1</b></a>", "application/xml"),
    ".py": (b"print('hello')\n", "text/x-python"),
    ".yaml": (b"a: 1\n", "application/yaml"),
    ".toml": (b"a = 1\n", "application/toml"),
    ".log": (b"2024-01-01 started\n", "text/plain"),
    ".svg": (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
        b'<rect width="9" height="9"/></svg>',
        "image/svg+xml",
    ),
}
#: Text that people collect line by line: there may be no line yet.
MAY_BE_EMPTY = (".txt", ".csv", ".tsv", ".log")
MIMES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


@functools.lru_cache(maxsize=64)
def picture(mode: str, width: int, height: int, kind: str) -> Media:
    """Return a picture with some structure, so that averages and edges are not all zero."""
    from PIL import Image

    image = Image.new("RGBA", (width, height))
    pixels = [
        ((x * 37) % 256, (y * 59) % 256, ((x + y) * 23) % 256, 255 - (x * 11) % 128)
        for y in range(height)
        for x in range(width)
    ]
    image.putdata(pixels)
    buffer = io.BytesIO()
    if mode == "I;16":
        image = image.convert("L").convert("I").point(lambda value: value * 256)
    image.convert(mode).save(buffer, kind)
    name = f"{mode.lower()}-{width}x{height}.{kind.lower().replace('jpeg', 'jpg')}"
    return Media(name, buffer.getvalue(), MIMES[kind])


@functools.lru_cache(maxsize=8)
def odd(name: str) -> Media:
    """Return a picture that is turned by its EXIF, moves, is of one colour or not there."""
    from PIL import Image

    kind = {"jpg": "JPEG"}.get(name[-3:], name.rpartition(".")[2].upper())
    level = Image.linear_gradient("L")
    more: dict[str, Any] = {}
    if name == "turned.jpg":
        image = level.resize((48, 32)).convert("RGB")
        more["exif"] = image.getexif()
        more["exif"][0x0112] = 6  # orientation: a quarter to the right
    elif name == "moving.gif":
        image = level.resize((24, 24))
        turned = [image.rotate(angle) for angle in (90, 180)]
        more |= {"save_all": True, "append_images": turned, "duration": 80, "loop": 0}
    elif name == "wide.webp":
        image = level.resize((400, 2)).convert("RGBA")
    elif name == "clear.png":
        image = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    else:
        image = Image.new("RGB", (16, 16), name.partition(".")[0])
    buffer = io.BytesIO()
    image.save(buffer, kind, **more)
    return Media(name, buffer.getvalue(), f"image/{kind.lower()}")


@functools.lru_cache(maxsize=4)
def silence(rate: int, frames: int) -> Media:
    """Return a WAV file in which nothing is heard."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(bytes(2 * frames))
    return Media(f"silence-{frames}.wav", buffer.getvalue(), "audio/wav")


@functools.lru_cache(maxsize=32)
def sound(rate: int, channels: int, frames: int) -> Media:
    """Return a WAV file with a 440 Hz tone."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        tone = (int(12000 * math.sin(2 * math.pi * 440 * n / rate)) for n in range(frames))
        out.writeframes(b"".join(struct.pack("<h", value) * channels for value in tone))
    return Media(f"{rate}hz-{channels}ch-{frames}.wav", buffer.getvalue(), "audio/wav")


@functools.lru_cache(maxsize=8)
def photo(width: int, height: int) -> Media:
    """Return a picture as the page sends it from a camera: colours, opaque, with an alpha."""
    from PIL import Image

    level = Image.linear_gradient("L")
    turned = level.transpose(Image.Transpose.ROTATE_90)
    bands = (
        level,
        turned,
        level.transpose(Image.Transpose.ROTATE_180),
        Image.new("L", (256,) * 2, 255),
    )
    buffer = io.BytesIO()
    Image.merge("RGBA", bands).resize((width, height)).save(buffer, "PNG")
    return Media("image.png", buffer.getvalue(), "image/png")


@functools.lru_cache(maxsize=1)
def film() -> Media:
    """Return five frames of moving colour: AVI with a JPEG a frame, which needs no encoder."""
    frames = []
    for number in range(5):
        from PIL import Image

        buffer = io.BytesIO()
        Image.new("RGB", (32, 24), (number * 50, 128, 255 - number * 50)).save(buffer, "JPEG")
        data = buffer.getvalue()
        frames.append(data + b"\0" * (len(data) % 2))

    def chunk(name: bytes, *parts: bytes) -> bytes:
        data = b"".join(parts)
        return name + struct.pack("<I", len(data)) + data

    count, largest = len(frames), max(map(len, frames))
    rate, size = (100_000, 10), (32, 24)
    main = (rate[0], largest * rate[1], 0, 16, count, 0, 1, largest, *size, 0, 0, 0, 0)
    stream = (0, 0, 0, 1, rate[1], 0, count, largest, 0xFFFFFFFF, 0, 0, 0)
    bitmap = struct.pack("<IiiHH4sIiiII", 40, *size, 1, 24, b"MJPG", 32 * 24 * 3, 0, 0, 0, 0)
    header = chunk(
        b"LIST",
        b"hdrl",
        chunk(b"avih", struct.pack("<14I", *main)),
        chunk(
            b"LIST",
            b"strl",
            chunk(b"strh", b"vidsMJPG", struct.pack("<12I", *stream)),
            chunk(b"strf", bitmap),
        ),
    )
    places, at = [], 4
    for frame in frames:
        places.append(b"00dc" + struct.pack("<III", 16, at, len(frame)))
        at += len(frame) + 8
    movie = chunk(b"LIST", b"movi", *(chunk(b"00dc", frame) for frame in frames))
    content = chunk(b"RIFF", b"AVI ", header, movie, chunk(b"idx1", *places))
    return Media("five-frames.avi", content, "video/x-msvideo")


def sources(component: Component) -> set[str]:
    """Return how a visitor fills the component; a file may be chosen unless it says otherwise."""
    sources = component.props.get("sources")
    return {"upload"} if sources is None else {*sources}


def video(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """A short film, and none at all; a format the author asks for would need an encoder."""
    given = sources(component)
    known = [film()] if "upload" in given else []
    if given == {"webcam"}:
        known = [Media.packed("sample.webm", RECORDED, "video/webm")]
    shape = (component.schema or {}).get("properties") or {}
    if "video" in shape:  # until Gradio 5 the page sends the subtitles along
        return st.sampled_from([None, *({"video": one, "subtitles": None} for one in known)])
    return st.sampled_from([None, *known])


def gallery(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """Some pictures, each as the page lists it, films where they are taken, and none at all."""
    one = st.sampled_from(PICTURES[:8]).map(lambda s: {"image": picture(*s), "caption": None})
    some = st.lists(one, min_size=1, max_size=3)
    types = component.props.get("file_types")
    if types and any(str(kind).startswith("video") for kind in types):
        films = st.just({"video": film(), "caption": None})
        some = some | st.lists(one | films, min_size=1, max_size=3)
    return st.none() | some


def model(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """A triangle, and none at all."""
    triangle = Media("triangle.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "model/obj")
    return st.none() | st.just(triangle)


def image(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """A picture in any mode a browser uploads, else from a camera, and none at all."""
    given = sources(component)
    if given & {"upload", "clipboard"}:
        plain = st.sampled_from(PICTURES).map(lambda spec: picture(*spec))
        return st.none() | plain | st.sampled_from(ODD).map(odd)
    if "webcam" in given:
        return st.none() | st.sampled_from(CAMERAS).map(lambda size: photo(*size))
    return st.none()


def image_editor(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """What the editor sends: background, layers, and the two merged."""

    def edited(spec: tuple[str, int, int, str], strokes: int) -> dict[str, Any]:
        base = picture(*spec)
        layers = [_stroke(*spec[1:3])] * strokes
        return {"background": base, "layers": layers, "composite": base, "id": None}

    drawn = st.builds(edited, st.sampled_from(PICTURES[:4]), st.integers(0, 1))
    return drawn | st.just({"background": None, "layers": [], "composite": None, "id": None})


@functools.lru_cache(maxsize=8)
def _stroke(width: int, height: int) -> Media:
    """Return a layer on which a visitor has drawn: clear but for a line."""
    from PIL import Image, ImageDraw

    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    ImageDraw.Draw(image).line((0, 0, width, height), (204, 50, 50, 255))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return Media("layer_0.png", buffer.getvalue(), "image/png")


def recording(component: Component) -> st.SearchStrategy[Any]:
    """A few frames of a camera, of one size, or a few pieces of what a microphone hears."""
    if component.type == "audio":
        return st.lists(st.sampled_from(PIECES).map(_piece), min_size=1, max_size=MOST_FRAMES)
    return st.sampled_from(CAMERAS).flatmap(
        lambda size: st.lists(
            st.sampled_from(SCENES).map(lambda scene: frame(scene, *size)),
            min_size=1,
            max_size=MOST_FRAMES,
        )
    )


@functools.lru_cache(maxsize=16)
def frame(scene: str, width: int, height: int) -> Media:
    """Return a frame as the page takes it from a camera: a *scene* in colours, a JPEG."""
    from PIL import Image

    image = Image.open(io.BytesIO(photo(width, height).content)).convert("RGB")
    if scene == "turned":
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    elif scene != "still":
        image = Image.new("RGB", (width, height), scene)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    return Media(f"{scene}-{width}x{height}.jpg", buffer.getvalue(), "image/jpeg")


def _piece(spec: tuple[str, int]) -> Media:
    """Return a piece of sound as the page cuts it from a microphone's: a WAV file of its own."""
    heard, frames = spec
    piece = silence(48_000, frames) if heard == "silence" else sound(48_000, 1, frames)
    return dataclasses.replace(piece, name="audio.wav")


def audio(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """A short sound, mono or stereo, else from a microphone, and none at all."""
    given = sources(component)
    if "upload" in given:
        known = st.sampled_from(SOUNDS).map(lambda spec: sound(*spec))
        return st.none() | known | st.sampled_from((8000, 1)).map(lambda n: silence(8000, n))
    if "microphone" in given:
        return st.none() | st.sampled_from(RECORDINGS).map(_recording)
    return st.none()


def file(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """A file of a type that the field takes, several where it takes several, or none."""
    known = files(component.props.get("file_types"))
    if not known:
        return st.none()
    one = st.sampled_from(known)
    count = component.props.get("file_count", "single")
    none = st.none() if component.type != "uploadbutton" else st.nothing()
    if count in ("multiple", "directory"):
        return none | st.lists(one, min_size=1, max_size=3)
    return none | one


def multimodal(component: Component, clues: Clues) -> st.SearchStrategy[Any]:
    """A message: text, files, or both; recordings where only those can be added."""
    known = files(component.props.get("file_types"))
    given = component.props.get("sources")
    if given is not None and "upload" not in given:
        known = [_recording(spec) for spec in RECORDINGS] if "microphone" in given else []
    some: st.SearchStrategy[list[Media]] = st.just([])
    if known:
        most = 1 if component.props.get("file_count") == "single" else 2
        some = some | st.lists(st.sampled_from(known), max_size=most)
    props = component.props
    label = " ".join(str(props.get(name) or "") for name in ("label", "placeholder", "info"))
    return st.fixed_dictionaries(
        {"text": typed(label, (props.get("placeholder"),), clues, str), "files": some}
    )


def files(types: Any) -> list[Media]:
    """Return files that fit ``file_types``: extensions, or image, audio, video, text, file."""
    wanted = [t.lower() for t in types or () if isinstance(t, str)]
    texts = [Media(f"sample{ext}", content, mime) for ext, (content, mime) in CONTENTS.items()]
    texts += [Media(f"empty{ext}", b"", CONTENTS[ext][1]) for ext in MAY_BE_EMPTY]
    texts.append(Media("header_only.csv", b"name,count\n", "text/csv"))
    if not wanted or "file" in wanted:
        plain = [m for m in texts if m.name.endswith((".txt", ".csv", ".json"))]
        return [*plain, picture(*PICTURES[0])]
    found: list[Media] = []
    for kind in wanted:
        if kind in ("image", "image/*") or kind in (".png", ".jpg", ".jpeg", ".webp"):
            drawn = map(_picture, PICTURES)
            found += [m for m in drawn if kind[0] != "." or m.name.endswith(kind)]
        elif kind in ("audio", "audio/*", ".wav"):
            found += [sound(*spec) for spec in SOUNDS[:3]]
        elif kind in ("video", "video/*", ".avi"):
            found.append(film())
        elif kind in ARCHIVES:
            found.append(ARCHIVES[kind]())
        elif kind in ("text", "text/*"):
            found += [m for m in texts if m.name.endswith((".txt", ".csv", ".md"))]
        else:
            # Gradio knows an extension by its dot; of anything else it takes no file at all.
            found += [m for m in texts if kind[:1] == "." and m.name.endswith(kind)]
    return list(dict.fromkeys(found))


def _zip() -> Media:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("notes.txt"), "one line\n")
    return Media("sample.zip", buffer.getvalue(), "application/zip")


def _pdf() -> Media:
    parts = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>",
    )
    content, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(content))
        content += b"%d 0 obj%b\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(content)
    content += b"xref\n0 4\n0000000000 65535 f \n" + table + end
    return Media("sample.pdf", content, "application/pdf")


def _drawn_as(extension: str, kind: str) -> Media:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), (200, 80, 40)).save(buffer, kind)
    return Media(f"sample{extension}", buffer.getvalue(), f"image/{kind.lower()}")


ARCHIVES: dict[str, Callable[[], Media]] = {
    ".zip": _zip,
    ".pdf": _pdf,
    ".gif": functools.partial(_drawn_as, ".gif", "GIF"),
    ".bmp": functools.partial(_drawn_as, ".bmp", "BMP"),
    ".tif": functools.partial(_drawn_as, ".tif", "TIFF"),
    ".tiff": functools.partial(_drawn_as, ".tiff", "TIFF"),
}


def _recording(spec: tuple[int, int, int]) -> Media:
    return dataclasses.replace(sound(*spec), name="audio.wav")


def _picture(spec: tuple[str, int, int, str]) -> Media:
    return picture(*spec)
