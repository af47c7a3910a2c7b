// Starts hactl on a system whose C library is too old for node (EL7: glibc 2.17, kernel 3.10).
//
// The file is [this static program][zstd stream][trailer]. At the first start it unpacks the stream (node with hactl, and the C
// and C++ libraries it needs) into a directory of its own, names that directory's ld.so as the interpreter of the unpacked
// program, and executes it; later starts execute it at once. The program finds its libraries by DT_RPATH $ORIGIN, so no
// environment variable is needed and programs it starts use the host's libraries.
//
// Built by cli/build/el7.ts, which writes the trailer and the entries (struct trailer, struct entry; all little-endian).
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum { BLOCK = 1 << 17, INTERPRETER_MAX = 512 };
static const char PROGRAM[] = "hactl";
static const char INTERPRETER[] = "ld.so";

struct trailer {
  char magic[8];
  uint64_t offset, length;
  char id[16]; // first half of a hash of the stream, in hex: the same file unpacks to the same place
};
struct entry {
  char name[48]; // an empty name ends the stream
  uint64_t size;
  uint32_t mode, unused;
};

static void die(const char *doing, const char *what) {
  fprintf(stderr, "hactl: cannot %s %s: %s\n", doing, what, strerror(errno));
  _exit(126);
}

static void join(char *to, const char *directory, const char *name) {
  if (snprintf(to, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX) {
    errno = ENAMETOOLONG;
    die("use", directory);
  }
}

// The stream, decompressed piece by piece.
struct stream {
  int file;
  uint64_t left;
  ZSTD_DStream *zstd;
  ZSTD_inBuffer in;
  unsigned char packed[BLOCK], plain[BLOCK];
  size_t have, used;
};

static size_t pull(struct stream *s, void *to, size_t length) {
  size_t done = 0;
  while (done < length) {
    if (s->used < s->have) {
      size_t piece = s->have - s->used;
      if (piece > length - done) piece = length - done;
      memcpy((char *)to + done, s->plain + s->used, piece);
      s->used += piece;
      done += piece;
      continue;
    }
    if (s->in.pos == s->in.size) {
      size_t want = s->left < BLOCK ? s->left : BLOCK;
      ssize_t got = want == 0 ? 0 : read(s->file, s->packed, want);
      if (got < 0) die("read", "this file");
      if (got == 0) break;
      s->left -= got;
      s->in = (ZSTD_inBuffer){s->packed, got, 0};
    }
    ZSTD_outBuffer out = {s->plain, BLOCK, 0};
    size_t result = ZSTD_decompressStream(s->zstd, &out, &s->in);
    if (ZSTD_isError(result)) {
      errno = EILSEQ;
      die("unpack", ZSTD_getErrorName(result));
    }
    s->have = out.pos;
    s->used = 0;
  }
  return done;
}

static void write_all(int file, const void *from, size_t length, const char *path) {
  for (size_t done = 0; done < length;) {
    ssize_t wrote = write(file, (const char *)from + done, length - done);
    if (wrote < 0) die("write", path);
    done += wrote;
  }
}

static void unpack_entry(struct stream *s, struct entry *entry, const char *directory) {
  static char block[BLOCK];
  char path[PATH_MAX];
  entry->name[sizeof entry->name - 1] = 0;
  if (strchr(entry->name, '/') || entry->name[0] == '.') {
    errno = EINVAL;
    die("unpack", entry->name);
  }
  join(path, directory, entry->name);
  int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) die("create", path);
  for (uint64_t left = entry->size; left > 0;) {
    size_t piece = left < BLOCK ? left : BLOCK;
    if (pull(s, block, piece) != piece) {
      errno = EIO;
      die("unpack", path);
    }
    write_all(file, block, piece, path);
    left -= piece;
  }
  if (fchmod(file, entry->mode & 0755) || fsync(file) || close(file)) die("write", path);
}

// el7.ts left room for a long path in PT_INTERP; the kernel wants an absolute one.
static void set_interpreter(const char *path, const char *interpreter) {
  Elf64_Ehdr head;
  Elf64_Phdr segment;
  char text[INTERPRETER_MAX] = {0};
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0 || pread(file, &head, sizeof head, 0) != sizeof head) die("read", path);
  for (int i = 0; i < head.e_phnum; i++) {
    off_t at = head.e_phoff + (off_t)i * head.e_phentsize;
    if (pread(file, &segment, sizeof segment, at) != sizeof segment) die("read", path);
    if (segment.p_type != PT_INTERP) continue;
    if (strlen(interpreter) >= segment.p_filesz || segment.p_filesz > sizeof text) {
      errno = ENAMETOOLONG;
      die("use", interpreter);
    }
    strcpy(text, interpreter);
    ssize_t length = segment.p_filesz;
    if (pwrite(file, text, length, segment.p_offset) != length || fsync(file) || close(file))
      die("write", path);
    return;
  }
  errno = ENOEXEC;
  die("use", path);
}

static void make_path(const char *directory) {
  char path[PATH_MAX];
  strcpy(path, directory);
  for (char *slash = path + 1; *slash; slash++) {
    if (*slash != '/') continue;
    *slash = 0;
    mkdir(path, 0755);
    *slash = '/';
  }
  if (mkdir(path, 0755) && errno != EEXIST) die("create", path);
}

static void remove_directory(const char *path) {
  DIR *directory = opendir(path);
  if (directory == NULL) return;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
    unlinkat(dirfd(directory), entry->d_name, 0);
  closedir(directory);
  rmdir(path);
}

// What earlier versions left: 110 MB each. A program that runs cannot be opened for writing (ETXTBSY), and stays.
static void remove_old(const char *base, const char *keep) {
  DIR *directory = opendir(base);
  if (directory == NULL) return;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    char path[PATH_MAX], program[PATH_MAX];
    if (strncmp(entry->d_name, "rt-", 3) || !strcmp(entry->d_name, keep)) continue;
    join(path, base, entry->d_name);
    join(program, path, PROGRAM);
    int file = open(program, O_WRONLY | O_CLOEXEC);
    if (file < 0 && errno == ETXTBSY) continue;
    if (file >= 0) close(file);
    remove_directory(path);
  }
  closedir(directory);
}

static int is_ours(const char *path) {
  struct stat found;
  return !lstat(path, &found) && S_ISDIR(found.st_mode) && found.st_uid == geteuid() &&
         !(found.st_mode & 022);
}

static void unpack(int self, const struct trailer *trailer, const char *base, const char *to) {
  char fresh[PATH_MAX], path[PATH_MAX], name[64];
  struct entry entry;
  struct stream *s = calloc(1, sizeof *s);
  if (s == NULL || (s->zstd = ZSTD_createDStream()) == NULL) die("use", "memory");
  s->file = self;
  s->left = trailer->length;
  snprintf(name, sizeof name, ".new-%d", (int)getpid());
  join(fresh, base, name);
  remove_directory(fresh);
  if (mkdir(fresh, 0755)) die("create", fresh);
  if (lseek(self, trailer->offset, SEEK_SET) < 0) die("read", "this file");
  while (pull(s, &entry, sizeof entry) == sizeof entry && entry.name[0])
    unpack_entry(s, &entry, fresh);
  char interpreter[PATH_MAX];
  join(path, fresh, PROGRAM);
  join(interpreter, to, INTERPRETER);
  set_interpreter(path, interpreter);
  // Another start may have won the race: its result is the same as ours.
  if (rename(fresh, to)) {
    if (errno != EEXIST && errno != ENOTEMPTY) die("create", to);
    remove_directory(fresh);
  }
}

static void choose_base(char *base) {
  const char *given = getenv("HACTL_RT"), *home = getenv("HOME");
  int fits;
  if (given && *given == '/') fits = snprintf(base, PATH_MAX, "%s", given);
  else if (geteuid() == 0) fits = snprintf(base, PATH_MAX, "/var/lib/hactl/rt");
  else if (home && *home == '/') fits = snprintf(base, PATH_MAX, "%s/.cache/hactl", home);
  else {
    errno = ENOENT;
    die("find", "a place to unpack to (HOME or HACTL_RT)");
  }
  // Two more names and a NUL must fit behind it, and all of it into the room el7.ts left.
  if (fits >= PATH_MAX - 100) {
    errno = ENAMETOOLONG;
    die("use", "that place to unpack to");
  }
}

int main(int argc, char **argv) {
  (void)argc;
  char self[PATH_MAX] = {0}, base[PATH_MAX], to[PATH_MAX], program[PATH_MAX], name[32];
  struct trailer trailer;
  struct stat found;
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) die("find", "/proc/self/exe");
  int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (file < 0 || fstat(file, &found)) die("open", self);
  off_t at = found.st_size - (off_t)sizeof trailer;
  if (pread(file, &trailer, sizeof trailer, at) != sizeof trailer || memcmp(trailer.magic, "HACTLSFX", 8)) {
    errno = ENOEXEC;
    die("read", self);
  }
  choose_base(base);
  snprintf(name, sizeof name, "rt-%.16s", trailer.id);
  join(to, base, name);
  join(program, to, PROGRAM);
  if (!is_ours(to) || access(program, X_OK)) {
    make_path(base);
    unpack(file, &trailer, base, to);
    if (!is_ours(to)) {
      errno = EPERM;
      die("trust", to);
    }
    remove_old(base, name);
  }
  // The unpacked program's own path is no use to a unit file or to a user.
  setenv("HACTL_EXE", self, 1);
  execv(program, argv);
  die("start", program);
}
