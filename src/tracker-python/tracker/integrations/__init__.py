"""Adapters to training libraries, each imported only by who uses the library: `huggingface`, `lightning`, `keras`.

Made to the interfaces as documented for transformers 4.46, Lightning 2.4 and Keras 3.6, and tested against stand-ins of those interfaces: the
libraries themselves were not at hand.
"""
