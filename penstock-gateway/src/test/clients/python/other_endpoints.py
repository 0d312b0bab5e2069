"""Endpoints beside chat: forms with files, sound, pictures, vectors. Each answer must be of its form."""

import base64
import io

import openai

from report import MODEL, Report

client = openai.OpenAI()

# Bytes of every value, and line ends where a careless reader of forms would stumble.
BINARY = bytes(range(256)) * 40 + b"\r\n--\r\n\r\n"
PNG = b"\x89PNG\r\n\x1a\n"


def pictures(answer, expected):
    assert len(answer.data) == expected, f"{len(answer.data)} pictures instead of {expected}"
    for picture in answer.data:
        assert base64.b64decode(picture.b64_json).startswith(PNG)


def generated():
    pictures(client.images.generate(model="gpt-image-1", prompt="A penstock", n=3), 3)


def edited():
    file = ("wheel.png", io.BytesIO(PNG + BINARY), "image/png")
    pictures(client.images.edit(model="gpt-image-1", image=file, prompt="More water", n=2), 2)


def transcribed():
    file = ("water.wav", io.BytesIO(BINARY), "audio/wav")
    assert client.audio.transcriptions.create(model="whisper-1", file=file).text


def spoken():
    sound = client.audio.speech.create(model="tts-1", voice="alloy", input="Mind the gap.").read()
    assert len(sound) > 1000 and len(set(sound)) == 256


def embedded():
    vectors = client.embeddings.create(model="text-embedding-3-small", input=["one", "two"], dimensions=64).data
    assert [len(vector.embedding) for vector in vectors] == [64, 64]


def moderated():
    assert len(client.moderations.create(model="omni-moderation-latest", input=["one", "two"]).results) == 2


calls = (generated, edited, transcribed, spoken, embedded, moderated)
report = Report(calls=len(calls))
for call in calls:
    try:
        call()
        report.answered_with(call.__name__)
    except Exception as error:
        report.failed_attempt(error)
        report.failed(error)
try:
    # Costs nothing and is no call of the report.
    assert client.models.retrieve(MODEL).id == MODEL
except Exception as error:
    report.failed(error)
report.print()
