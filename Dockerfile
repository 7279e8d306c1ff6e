FROM python:3.12-slim AS build
WORKDIR /src
# --copies: the interpreter is in the folder that the next stage copies.
RUN python -m venv --copies --without-pip /opt/dnsemu
COPY . .
RUN python -m pip --python /opt/dnsemu/bin/python install --no-cache-dir --constraint requirements.lock . \
 && find /opt/dnsemu/bin -name 'python*' -type f ! -name python3.12 -exec ln -sf python3.12 {} \;

FROM python:3.12-slim
LABEL org.opencontainers.image.title="dnsemu" \
      org.opencontainers.image.description="Route 53 on a laptop: routing policies over real DNS, steered by live health checks" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --uid 10053 --user-group --no-create-home --shell /usr/sbin/nologin dnsemu \
 && install --directory --owner 10053 --group 10053 /var/lib/dnsemu
COPY --from=build /opt/dnsemu /opt/dnsemu
ENV PATH=/opt/dnsemu/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DNSEMU_DNS=0.0.0.0:53 \
    DNSEMU_HTTP=0.0.0.0:8053
WORKDIR /etc/dnsemu
USER 10053:10053
EXPOSE 53/udp 53/tcp 8053/tcp
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
    CMD ["/opt/dnsemu/bin/python", "-c", "import os; from http.client import HTTPConnection as C; host, _, port = os.environ['DNSEMU_HTTP'].rpartition(':'); c = C({'0.0.0.0': '127.0.0.1', '[::]': '::1'}.get(host, host.strip('[]')), int(port), timeout=2); c.request('GET', '/readyz'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["dnsemu"]
CMD ["serve"]
