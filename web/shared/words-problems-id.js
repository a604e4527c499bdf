/** Bahasa Indonesia: masalah dari API yang disampaikan dalam bahasa pembaca. */
export const id = {
  "problem.quota.title": "Terlalu banyak yang sedang berjalan",
  "problem.quota": "Organisasi Anda sudah mencapai batas impor yang sedang berjalan. Tunggu sampai ada yang selesai, lalu coba lagi.",
  "problem.same-file.title": "Berkas ini sudah pernah diimpor",
  "problem.same-file": "Berkas dengan isi yang persis sama sudah diimpor. Mengimpornya lagi tidak menggandakan data.",
  "problem.expired.title": "Sudah tidak disimpan lagi",
  "problem.expired": "Yang diperlukan untuk ini disimpan sampai {expired_at}. Impor berkasnya lagi.",
  "problem.overtaken.title": "Berkas yang lebih baru sudah dimuat lebih dahulu",
  "problem.overtaken": "Pekerjaan {overtaken_by} sudah memuat berkas yang lebih baru. Jika berkas itu lengkap, tidak ada yang perlu dilakukan.",
};
