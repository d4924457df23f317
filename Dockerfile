# The chat over a folder of documents: `docker build -t chapter-and-verse .`, then
#   docker run --read-only --tmpfs /tmp -p 127.0.0.1:7860:7860 \
#     -v "$PWD/seeds:/documents:ro" -v chapter-and-verse:/data chapter-and-verse
# An index of packages with torch's build for processors keeps CUDA's out: --build-arg TORCH_INDEX=… (docs/dependencies.md).
# With what PostgreSQL, Milvus, a language model and assistants need, too: --build-arg EXTRAS=yes
FROM python:3.11.14-slim-bookworm AS built
ARG TORCH_INDEX=""
ARG EXTRAS=""
WORKDIR /build
COPY requirements.txt requirements-extras.txt ./
RUN python -m venv /opt/venv \
 && if [ -n "$TORCH_INDEX" ]; then \
      /opt/venv/bin/pip install --no-cache-dir --index-url "$TORCH_INDEX" torch==2.13.0; \
    fi \
 && /opt/venv/bin/pip install --no-cache-dir -r requirements.txt ${EXTRAS:+-r requirements-extras.txt}
COPY pyproject.toml README.md LICENSE ./
COPY rag rag
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11.14-slim-bookworm
RUN useradd --uid 10001 --no-create-home --home-dir /tmp reader \
 && mkdir /documents /data \
 && chown reader /data
COPY --from=built /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    RAG_SEEDS=/documents \
    RAG_INDEX=/data/index \
    RAG_HOST=0.0.0.0
USER 10001
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=2m --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]
CMD ["rag", "serve"]
