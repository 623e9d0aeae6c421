import { unwatchFile, watchFile } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Server as TlsServer } from "node:tls";

/** Where a certificate is, and how it is followed. */
export interface CertificateFiles {
  /** The path of the private key, in PEM. */
  readonly key: string;
  /** The path of the certificate with its chain, in PEM. */
  readonly cert: string;
  /** How often the files are looked at, in milliseconds. Default 60,000. */
  readonly intervalMs?: number | undefined;
  /** What cannot be read, or does not fit together: the certificate before stays in use. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

export interface FollowedCertificate {
  /** Reads the files now, for a signal or a hook; false if they cannot be used. */
  reload(): Promise<boolean>;
  /** Ends it. */
  close(): void;
}

/**
 * Takes a renewed certificate into use: new connections get it, and those that are open go on.
 *
 * ```ts
 * const https = createServer({ key: readFileSync(key), cert: readFileSync(cert) });
 * followCertificate(https, { key, cert });
 * ```
 */
export function followCertificate(server: TlsServer, files: CertificateFiles): FollowedCertificate {
  const { key, cert, intervalMs = 60_000, onError } = files;
  const paths = [key, cert];
  const reload = async (): Promise<boolean> => {
    try {
      const [keyPem, certPem] = await Promise.all(paths.map((path) => readFile(path)));
      // It throws for a key that is not the certificate's: the renewal is half done.
      server.setSecureContext({ key: keyPem, cert: certPem });
      return true;
    } catch (error) {
      onError?.(error);
      return false;
    }
  };
  const onChange = (): void => void reload();
  // By looking at them: renewals replace symbolic links, which is no event of the file that was there.
  for (const path of paths) watchFile(path, { interval: intervalMs, persistent: false }, onChange);
  return {
    reload,
    close: () => {
      for (const path of paths) unwatchFile(path, onChange);
    },
  };
}
