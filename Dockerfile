FROM python:3.11-slim

# Which build of PyTorch: the default is the CPU one; for a GPU pass --build-arg TORCH_INDEX=https://pypi.org/simple
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --no-deps --index-url "$TORCH_INDEX" "torch>=2.13" \
    && pip install --no-cache-dir -r requirements.txt

COPY . .
RUN python -m figures.bundle && useradd --create-home ravine && mkdir -p runs static/vendor && chown ravine runs static/vendor
USER ravine

EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"
CMD ["streamlit", "run", "app.py", "--server.headless=true", "--server.address=0.0.0.0", "--server.port=8501"]
