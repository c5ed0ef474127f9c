"""The synthesiser: Kokoro-82M through onnxruntime. Needs `requirements/voice.txt` (`make voice`), not the product's."""
