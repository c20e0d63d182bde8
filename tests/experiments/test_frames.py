import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from experiments.frames import FrameError, read_frame, write_frame

ARRAYS = st.dictionaries(
    st.text(max_size=8),
    st.one_of(
        *(hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0)) for dtype in ("<f8", "<f4", "<i8", "u1", "?"))
    ),
    max_size=4,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, ARRAYS)
def test_what_is_sent_arrives(meta, arrays):
    stream = io.BytesIO()
    for _ in range(2):
        write_frame(stream, {"meta": meta}, arrays)
    stream.seek(0)
    for _ in range(2):
        header, received = read_frame(stream)
        assert header == {"meta": meta}
        assert received.keys() == arrays.keys()
        for name, array in arrays.items():
            assert received[name].dtype == array.dtype and received[name].shape == array.shape
            assert received[name].tobytes() == array.tobytes()  # bits, so that NaN counts as equal
            assert not received[name].flags.writeable
    assert read_frame(stream) is None


def test_not_a_number_travels():
    stream = io.BytesIO()
    write_frame(stream, {"loss": float("inf")}, {"a": np.array([np.nan, -0.0])})
    stream.seek(0)
    header, arrays = read_frame(stream)
    assert header["loss"] == float("inf")
    assert np.isnan(arrays["a"][0]) and np.signbit(arrays["a"][1])


def test_objects_do_not_travel_and_leave_the_stream_clean():
    stream = io.BytesIO()
    with pytest.raises(TypeError, match="does not travel"):
        write_frame(stream, {}, {"a": np.array([object()])})
    assert stream.getvalue() == b""


@pytest.mark.parametrize("cut", [1, 10, 20, -1])
def test_a_message_cut_short_is_said(cut):
    stream = io.BytesIO()
    write_frame(stream, {"kind": "answer"}, {"a": np.arange(9.0)})
    with pytest.raises(FrameError, match="ended inside"):
        read_frame(io.BytesIO(stream.getvalue()[:cut]))


def test_something_else_is_no_message():
    with pytest.raises(FrameError, match="not a message"):
        read_frame(io.BytesIO(b"Traceback (most recent call last):"))
