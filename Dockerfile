# The static binary that "make build" made, and nothing else.
FROM scratch
COPY midge /midge
USER 65534:65534
EXPOSE 4222 6222 8222
HEALTHCHECK --interval=10s --timeout=3s --start-period=2s CMD ["/midge", "healthcheck"]
ENTRYPOINT ["/midge"]
