# Sourced by ./penstock and ./check. Finds a JDK of version 21 or newer without starting one: its file "release" tells
# the version, and the default java of a machine may well be too old.

# The feature version of the JDK in a directory, for example 25; nothing if it is none.
jdk_version() {
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
  while IFS='=' read -r jdk_key jdk_value; do
    if [ "$jdk_key" = JAVA_VERSION ]; then
      jdk_value=${jdk_value#\"}
      echo "${jdk_value%%[!0-9]*}"
      return 0
    fi
  done < "$1/release"
}

# What identifies the build of a JDK, fit for a file name.
jdk_build() {
  sed -n 's/^IMPLEMENTOR="\(.*\)"/\1/p; s/^JAVA_RUNTIME_VERSION="\(.*\)"/\1/p; s/^OS_ARCH="\(.*\)"/\1/p' "$1/release" \
    | tr -c 'A-Za-z0-9.+\n' '-' | paste -s -d _ -
}

# The directory of the JDK that a java command on the PATH belongs to.
jdk_of_command() {
  jdk_java=$(command -v java) || return 0
  while [ -L "$jdk_java" ]; do
    jdk_link=$(readlink "$jdk_java")
    case $jdk_link in
      /*) jdk_java=$jdk_link ;;
      *) jdk_java=${jdk_java%/*}/$jdk_link ;;
    esac
  done
  jdk_bin=$(CDPATH= cd -- "${jdk_java%/*}" 2> /dev/null && pwd -P) || return 0
  echo "${jdk_bin%/bin}"
}

# Sets jdk and jdk_feature, or says what is missing and returns 1. JAVA_HOME wins if it will do; then a JDK 25, then the
# newest of those found.
find_jdk() {
  jdk=
  jdk_feature=0
  jdk_old=
  if [ -n "${JAVA_HOME:-}" ]; then
    jdk_found=$(jdk_version "$JAVA_HOME")
    if [ "${jdk_found:-0}" -ge 21 ]; then
      jdk=$JAVA_HOME
      jdk_feature=$jdk_found
      return 0
    fi
    if [ -n "$jdk_found" ]; then
      jdk_old="  JAVA_HOME=$JAVA_HOME: JDK $jdk_found"
    else
      jdk_old="  JAVA_HOME=$JAVA_HOME: no JDK there"
    fi
  fi
  for jdk_candidate in "$(jdk_of_command)" \
    /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk* /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    /usr/local/opt/openjdk* /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/*; do
    [ -d "$jdk_candidate" ] || continue
    jdk_found=$(jdk_version "$jdk_candidate")
    [ -n "$jdk_found" ] || continue
    if [ "$jdk_found" -lt 21 ]; then
      [ -L "$jdk_candidate" ] || jdk_old="$jdk_old${jdk_old:+
}  $jdk_candidate: JDK $jdk_found"
    elif [ "$jdk_found" -eq 25 ]; then
      jdk=$jdk_candidate
      jdk_feature=25
      return 0
    elif [ "$jdk_found" -gt "$jdk_feature" ]; then
      jdk=$jdk_candidate
      jdk_feature=$jdk_found
    fi
  done
  [ -z "$jdk" ] || return 0
  {
    echo "penstock: no JDK of version 21 or newer was found."
    if [ -n "$jdk_old" ]; then
      echo "Found, but not usable:"
      echo "$jdk_old"
    fi
    echo "Looked at JAVA_HOME, at java on the PATH and where Linux distributions, macOS, Homebrew and SDKMAN put JDKs."
    echo "Install JDK 25 (Debian, Ubuntu: apt install openjdk-25-jdk or openjdk-21-jdk; Fedora: dnf install"
    echo "java-25-openjdk-devel; macOS: brew install openjdk; or https://adoptium.net), or set JAVA_HOME to one."
  } >&2
  return 1
}

# Whether Maven is there; says what to do if not.
find_maven() {
  command -v mvn > /dev/null 2>&1 && return 0
  echo "penstock: mvn is not on the PATH, and Maven 3.8 or newer is needed to build Penstock." >&2
  echo "Install it (Debian, Ubuntu: apt install maven; Fedora: dnf install maven; macOS: brew install maven)." >&2
  return 1
}

# Maven on the JDK that was found; that of a distribution may bring old libraries, at which a new JDK would grumble.
run_maven() {
  if [ "$jdk_feature" -ge 24 ]; then
    MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow ${MAVEN_OPTS:-}"
  fi
  JAVA_HOME=$jdk MAVEN_OPTS=${MAVEN_OPTS:-} mvn -B -ntp "$@"
}

# One build at a time in a checkout: two would write over each other. The lock of a process that is gone is taken over.
lock_build() {
  build_lock=$1/target/build.lock
  mkdir -p "$1/target" 2> /dev/null || :
  build_waits=0
  until mkdir "$build_lock" 2> /dev/null; do
    if [ ! -d "$build_lock" ] && [ ! -w "$1/target" ]; then
      echo "penstock: it has to be built first, and $1/target cannot be written; call it once as the owner of the checkout." >&2
      exit 2
    fi
    build_owner=$(cat "$build_lock/pid" 2> /dev/null || :)
    # Without a process id its owner died within the line that follows this loop, or is in it right now.
    if { [ -n "$build_owner" ] && ! kill -0 "$build_owner" 2> /dev/null; } \
      || { [ -z "$build_owner" ] && [ $build_waits -ge 5 ]; }; then
      rm -rf "$build_lock"
    else
      [ $build_waits -ne 1 ] || echo "Waiting for another build of Penstock (process ${build_owner:-unknown}) …" >&2
      sleep 1
    fi
    build_waits=$((build_waits + 1))
  done
  echo $$ > "$build_lock/pid"
  trap 'rm -rf "$build_lock"' EXIT
  trap 'exit 130' INT TERM
}

unlock_build() {
  rm -rf "$build_lock"
  trap - EXIT INT TERM
}
